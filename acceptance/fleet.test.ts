// Roles as separate processes: any gateway serves anybody, and what one commits all hear.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createHttpClient } from '../loadtest/http-client.ts'
import { connectWire, type WireClient } from '../loadtest/wire-client.ts'
import { waitFor } from '../platform/testing/wait-for.ts'
import type { BidOutcome, LotOutcome } from '../protocol/auction.ts'
import { chatChannel, lotChannel } from '../protocol/channels.ts'
import type { ChatOutcome, ConversationView } from '../protocol/chat.ts'
import type { Push } from '../protocol/frames.ts'
import { unhurried } from './testing/chat.ts'
import { type Fleet, type RoleInFleet, startFleet } from './testing/fleet.ts'
import { signToken } from './testing/server.ts'

interface Person extends WireClient {
  /** `data` of the publications on a channel, in order of arrival. */
  heard(channel: string): readonly Readonly<Record<string, unknown>>[]
}

async function arrive(gateway: RoleInFleet, user: string): Promise<Person> {
  const pushes: Push['push'][] = []
  const client = await connectWire({
    url: `${gateway.url.replace('http', 'ws')}/connection/websocket`,
    token: await signToken(user),
    onPush: (push) => void pushes.push(push),
  })
  const heard = (channel: string) =>
    pushes.flatMap((push) =>
      'pub' in push && push.channel === channel ? [push.pub.data as Record<string, unknown>] : [],
    )
  return { ...client, heard }
}

describe('a fleet of two gateways and two engines', { timeout: 120_000 }, () => {
  let fleet: Fleet
  let gateways: readonly [RoleInFleet, RoleInFleet]
  let engines: readonly [RoleInFleet, RoleInFleet]
  let chat: RoleInFleet
  let notifier: RoleInFleet

  beforeAll(async () => {
    fleet = await startFleet(unhurried)
    engines = [await fleet.add('engine'), await fleet.add('engine')]
    chat = await fleet.add('chat')
    notifier = await fleet.add('notifier')
    gateways = [await fleet.add('gateway'), await fleet.add('gateway')]
  }, 120_000)

  afterAll(() => fleet.stop())

  async function openLot(): Promise<string> {
    const house = createHttpClient(
      gateways[0].url,
      await signToken('house', { roles: ['service'] }),
    )
    const terms = { title: 'A lamp', currency: 'USD', format: 'english', startPrice: 1_000 }
    const times = { startsAt: 0, endsAt: Date.now() + 3_600_000 }
    const created = await house.call('POST', '/v1/lots', { ...terms, ...times })
    const { lotId } = created as LotOutcome
    await house.call('POST', `/v1/lots/${lotId}/publish`, {})
    return lotId
  }

  test('a bid through one gateway is heard through the other, and the outbid is told', async () => {
    const [ann, bob] = [await arrive(gateways[0], 'ann'), await arrive(gateways[1], 'bob')]
    const lotId = await openLot()
    const lot = lotChannel(lotId)
    for (const person of [ann, bob]) await person.request('subscribe', { channel: lot })
    const bid = async (person: Person, amount: number) => {
      const params = { lotId, clientBidId: randomUUID(), amount, currency: 'USD' }
      return (await person.rpc('bid.place', params)) as BidOutcome
    }
    expect(await bid(ann, 2_000)).toMatchObject({ outcome: 'accepted', leading: true })
    expect(await bid(bob, 3_000)).toMatchObject({ outcome: 'accepted', leading: true })
    for (const person of [ann, bob]) {
      await waitFor(() => person.heard(lot).length >= 2, { what: 'both bids' })
    }
    await waitFor(() => ann.heard('user:ann').some(({ type }) => type === 'outbid'))
    await Promise.all([ann.close(), bob.close()])
  })

  test('two people talk through different gateways', async () => {
    const [ann, sam] = [await arrive(gateways[0], 'ann'), await arrive(gateways[1], 'sam')]
    const opened = await ann.rpc('chat.open', { listingId: 'lamp', peerId: 'sam' })
    const { conversationId } = opened as ConversationView
    const channel = chatChannel(conversationId)
    for (const person of [ann, sam]) await person.request('subscribe', { channel })
    const sent = await ann.rpc('chat.send', {
      conversationId,
      clientMessageId: randomUUID(),
      text: 'Grüße 🏮',
    })
    expect(sent as ChatOutcome).toMatchObject({ outcome: 'accepted', seq: 1 })
    await waitFor(() => sam.heard(channel).some(({ type }) => type === 'message_created'))
    await ann.request('publish', { channel, data: { type: 'typing' } })
    await waitFor(() => sam.heard(channel).some(({ type }) => type === 'typing'))
    await waitFor(() => sam.heard('user:sam').some(({ type }) => type === 'message'))
    // Gateways tell each other who is there some times a second.
    await waitFor(async () => {
      const { num_clients: there } = await sam.request('presence_stats', { channel })
      return there === 2
    })
    await Promise.all([ann.close(), sam.close()])
  })

  test('an engine that is killed is followed by the other, and every bid gets its answer', async () => {
    const lots = await Promise.all(Array.from({ length: 6 }, openLot))
    const bob = await arrive(gateways[1], 'bob')
    await engines[0].end('SIGKILL')
    for (const lotId of lots) {
      const bid = { lotId, clientBidId: randomUUID(), amount: 1_500, currency: 'USD' }
      // While nobody owns the lot the answer is `overloaded` or `unknown`: the same id again is right.
      await waitFor(
        async () => ((await bob.rpc('bid.place', bid)) as BidOutcome).outcome === 'accepted',
        { timeoutMs: 30_000, what: 'the verdict of the new owner' },
      )
    }
    await bob.close()
  })

  test('every role says that it is ready, and ends well when it is told to', async () => {
    for (const role of [...gateways, engines[1], chat, notifier]) {
      const { status } = await fetch(`${role.metricsUrl}/readyz`)
      expect([role.role, status]).toEqual([role.role, 200])
    }
    for (const role of [gateways[0], engines[1], chat, notifier]) {
      expect([role.role, await role.end('SIGTERM')]).toEqual([role.role, 0])
    }
  })
})
