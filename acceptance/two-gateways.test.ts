// What several gateways owe to each other: bounds that hold over all of them, revocations that reach all of
// them, and streams that go on wherever a client comes back.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createHttpClient } from '../loadtest/http-client.ts'
import { connectWire, type WireClient, type WireOptions } from '../loadtest/wire-client.ts'
import { waitFor } from '../platform/testing/wait-for.ts'
import type { BidOutcome, LotOutcome } from '../protocol/auction.ts'
import { chatChannel, lotChannel, userChannel } from '../protocol/channels.ts'
import type { ChatOutcome, ConversationView } from '../protocol/chat.ts'
import type { Push, SubscribeResult } from '../protocol/frames.ts'
import { unhurried, upTo } from './testing/chat.ts'
import { type Fleet, type RoleInFleet, startFleet } from './testing/fleet.ts'
import { signToken } from './testing/server.ts'

const perUserMax = 3

interface Person extends WireClient {
  readonly pushes: readonly Push['push'][]
  /** Publications on a channel, in order of arrival. */
  heard(
    channel: string,
  ): readonly { readonly offset?: number | undefined; readonly data: unknown }[]
}

type Options = Pick<WireOptions, 'subs'>

async function arrive(gateway: RoleInFleet, user: string, options: Options = {}): Promise<Person> {
  const pushes: Push['push'][] = []
  const client = await connectWire({
    url: `${gateway.url.replace('http', 'ws')}/connection/websocket`,
    token: await signToken(user),
    onPush: (push) => void pushes.push(push),
    ...options,
  })
  const heard = (channel: string) =>
    pushes.flatMap((push) => ('pub' in push && push.channel === channel ? [push.pub] : []))
  return { ...client, pushes, heard }
}

/** The code with which the connection was ended. */
async function endOf({ closed }: Person): Promise<number> {
  let code: number | undefined
  void closed.then((end) => (code = end.code))
  return await waitFor(() => code, { timeoutMs: 30_000, what: 'the end of a connection' })
}

/** The code that somebody who may not connect is closed with. */
async function refusalOf(gateway: RoleInFleet, user: string): Promise<number | undefined> {
  try {
    await (await arrive(gateway, user)).close()
    return undefined
  } catch (error) {
    return (error as { readonly closed?: { readonly code: number } }).closed?.code
  }
}

async function houseOf(gateway: RoleInFleet) {
  return createHttpClient(gateway.url, await signToken('house', { roles: ['service'] }))
}

/** Answers the status: without the bus it is 503, since no notifier hears of it, and the tokens are revoked. */
async function revoke(gateway: RoleInFleet, user: string): Promise<number> {
  const token = await signToken('house', { roles: ['service'] })
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const url = `${gateway.url}/v1/users/${user}/revoke`
  return (await fetch(url, { method: 'POST', headers, body: '{}' })).status
}

async function conversationOf(person: Person, peerId: string): Promise<string> {
  const opened = await person.rpc('chat.open', { listingId: randomUUID(), peerId })
  return (opened as ConversationView).conversationId
}

async function say(person: Person, conversationId: string, text: string): Promise<ChatOutcome> {
  const message = { conversationId, clientMessageId: randomUUID(), text }
  return (await person.rpc('chat.send', message)) as ChatOutcome
}

const missed = ({ publications = [] }: SubscribeResult) =>
  publications.map(({ offset }) => offset ?? 0)

/** How often a gateway has asked again. */
async function repeatsOf(gateway: RoleInFleet): Promise<number> {
  const text = await (await fetch(`${gateway.metricsUrl}/metrics`)).text()
  return Number(/^outcry_gateway_repeats_total\{[^}]*asked="again"[^}]*\} (\d+)/mu.exec(text)?.[1])
}

describe('a fleet of two gateways and two chat stores', { timeout: 120_000 }, () => {
  let fleet: Fleet
  let gateways: readonly [RoleInFleet, RoleInFleet]
  let stores: readonly [RoleInFleet, RoleInFleet]

  beforeAll(async () => {
    fleet = await startFleet({ ...unhurried, LIMIT_CONNECTIONS_PER_USER: String(perUserMax) })
    await Promise.all([fleet.add('engine'), fleet.add('notifier')])
    stores = [await fleet.add('chat'), await fleet.add('chat')]
    gateways = [await fleet.add('gateway'), await fleet.add('gateway')]
  }, 120_000)

  afterAll(() => fleet.stop())

  test('what one says without waiting is stored in that order, whichever store takes it', async () => {
    const ann = await arrive(gateways[0], 'ann')
    const conversationId = await conversationOf(ann, 'sam')
    const texts = upTo(40).map((nth) => `The ${nth}.`)
    const messages = texts.map((text) => ({ conversationId, clientMessageId: randomUUID(), text }))
    const refused = new Set(messages)
    // On a machine that has more to do than this the last ones may wait for too long, and are said again.
    await waitFor(async () => {
      const due = [...refused]
      const sending = due.map((message) => ann.rpc('chat.send', message) as Promise<ChatOutcome>)
      for (const [nth, { outcome }] of (await Promise.all(sending)).entries()) {
        const message = due[nth]
        if (outcome === 'accepted' && message !== undefined) refused.delete(message)
      }
      return refused.size === 0
    })
    const { items } = (await ann.rpc('chat.history', { conversationId, limit: 40 })) as {
      readonly items: readonly { readonly text: string; readonly seq: number }[]
    }
    const stored = items.toSorted((one, other) => one.seq - other.seq)
    expect(stored.map(({ text, seq }) => [seq, text])).toEqual(
      texts.map((text, nth) => [nth + 1, text]),
    )
    await ann.close()
  })

  test('whoever moves to another gateway goes on where it was, on every channel', async () => {
    const [ann, bob] = [await arrive(gateways[0], 'ann'), await arrive(gateways[1], 'bob')]
    const house = await houseOf(gateways[0])
    const terms = { title: 'A lamp', currency: 'USD', format: 'english', startPrice: 1_000 }
    const times = { startsAt: 0, endsAt: Date.now() + 3_600_000 }
    const { lotId } = (await house.call('POST', '/v1/lots', { ...terms, ...times })) as LotOutcome
    await house.call('POST', `/v1/lots/${lotId}/publish`, {})
    const conversationId = await conversationOf(ann, 'bob')
    const bid = async (amount: number) => {
      const params = { lotId, clientBidId: randomUUID(), amount, currency: 'USD' }
      return (await bob.rpc('bid.place', params)) as BidOutcome
    }
    const [lot, chat, feed] = [lotChannel(lotId), chatChannel(conversationId), userChannel('ann')]
    for (const channel of [lot, chat]) await ann.request('subscribe', { channel })
    await bid(2_000)
    await say(bob, conversationId, 'one')
    await waitFor(() => ann.heard(lot).length > 0 && ann.heard(chat).length > 0)
    await waitFor(() => ann.heard(feed).length > 0)
    const lastOf = (channel: string) => ann.heard(channel).at(-1)?.offset ?? 0
    const epoch = ann.hello.subs?.[feed]?.epoch ?? ''
    await ann.close()

    await bid(3_000)
    for (const text of ['two', 'three']) await say(bob, conversationId, text)
    // All of it is told and stored before she is back.
    const seen = await arrive(gateways[1], 'ann')
    const feedNow = () => seen.hello.subs?.[feed]?.offset ?? 0
    await waitFor(() => feedNow() + seen.heard(feed).length >= lastOf(feed) + 2)
    await seen.close()

    const from = (channel: string) => ({ recover: true, epoch, offset: lastOf(channel) })
    const back = await arrive(gateways[1], 'ann', { subs: { [feed]: from(feed) } })
    const onLot = await back.request('subscribe', { channel: lot, ...from(lot) })
    const onChat = await back.request('subscribe', { channel: chat, ...from(chat) })
    expect(missed(onChat)).toEqual([lastOf(chat) + 1, lastOf(chat) + 2])
    expect(missed(onLot).at(-1) ?? onLot.offset).toBe(lastOf(lot) + 1)
    const onFeed = back.hello.subs?.[feed]
    expect(onFeed === undefined ? [] : missed(onFeed).slice(0, 2)).toEqual([
      lastOf(feed) + 1,
      lastOf(feed) + 2,
    ])
    await say(bob, conversationId, 'four')
    await waitFor(() => back.heard(chat).some(({ offset }) => offset === lastOf(chat) + 3))
    await Promise.all([back.close(), bob.close()])
  })

  test('a store that stands still keeps nobody waiting for ever, and doubles nothing when it wakes', async () => {
    const cara = await arrive(gateways[0], 'cara')
    const conversationId = await conversationOf(cara, 'sam')
    stores[0].child.kill('SIGSTOP')
    // Both stores draw requests, and one of them never answers: sooner or later one is asked again.
    let said = 0
    await waitFor(
      async () => {
        const message = { conversationId, clientMessageId: randomUUID(), text: 'Anybody?' }
        const send = async () => (await cara.rpc('chat.send', message)) as ChatOutcome
        await waitFor(async () => (await send()).outcome === 'accepted', { timeoutMs: 30_000 })
        said += 1
        return (await repeatsOf(gateways[0])) > 0
      },
      { timeoutMs: 60_000, what: 'a command that is asked again' },
    )
    stores[0].child.kill('SIGCONT')
    const once = async () => (await say(cara, conversationId, 'Once.')) as { readonly seq?: number }
    expect(await waitFor(async () => (await once()).seq)).toBe(said + 1)
    await cara.close()
  })

  test('a revocation closes with 3503 on every gateway, within a second', async () => {
    const people = await Promise.all(gateways.map((gateway) => arrive(gateway, 'dan')))
    expect(await revoke(gateways[0], 'dan')).toBe(200)
    for (const person of people) expect(await endOf(person)).toBe(3503)
    for (const gateway of gateways) expect(await refusalOf(gateway, 'dan')).toBe(3503)
  })

  test('a gateway that starts later refuses what was revoked before', async () => {
    const later = await fleet.add('gateway')
    expect(await refusalOf(later, 'dan')).toBe(3503)
    expect(await refusalOf(later, 'ann')).toBeUndefined()
    expect(await later.end('SIGTERM')).toBe(0)
  })

  test('a user has so many connections and no more, over all gateways, until one has gone', async () => {
    const here = await Promise.all([arrive(gateways[0], 'eve'), arrive(gateways[0], 'eve')])
    const there = await arrive(gateways[1], 'eve')
    for (const gateway of gateways) expect(await refusalOf(gateway, 'eve')).toBe(3504)
    await here[0].close()
    // What has gone is written at once, and read by whoever comes next.
    await waitFor(async () => (await refusalOf(gateways[1], 'eve')) === undefined)
    await Promise.all([here[1].close(), there.close()])
  })

  test('the connections of a gateway that was killed count no more', async () => {
    const doomed = await fleet.add('gateway')
    const held = await Promise.all(upTo(perUserMax).map(() => arrive(doomed, 'finn')))
    // The others hear of a new gateway within a second.
    await waitFor(async () => (await refusalOf(gateways[0], 'finn')) === 3504)
    await doomed.end('SIGKILL')
    await Promise.all(held.map(({ closed }) => closed))
    await waitFor(async () => (await refusalOf(gateways[0], 'finn')) === undefined, {
      timeoutMs: 20_000,
      what: 'the end of its lease',
    })
  })

  test('without the bus Redis tells of revocations', async () => {
    const people = await Promise.all(gateways.map((gateway) => arrive(gateway, 'gus')))
    await fleet.nats.kill()
    expect(await revoke(gateways[1], 'gus')).toBe(503)
    for (const person of people) expect(await endOf(person)).toBe(3503)
    await fleet.nats.startAgain()
    for (const { metricsUrl } of gateways) {
      await waitFor(async () => (await fetch(`${metricsUrl}/readyz`)).ok, { timeoutMs: 30_000 })
    }
  })

  test('without Redis the bus tells of revocations, and each gateway counts its own', async () => {
    const people = await Promise.all(gateways.map((gateway) => arrive(gateway, 'hal')))
    await fleet.redis.kill()
    expect(await revoke(gateways[0], 'hal')).toBe(200)
    for (const person of people) expect(await endOf(person)).toBe(3503)
    const crowd = await Promise.all(
      gateways.flatMap((gateway) => upTo(perUserMax).map(() => arrive(gateway, 'ida'))),
    )
    for (const gateway of gateways) expect(await refusalOf(gateway, 'ida')).toBe(3504)
    await fleet.redis.startAgain()
    await waitFor(async () => {
      await crowd.pop()?.close()
      return (await refusalOf(gateways[0], 'ida')) === undefined
    })
    // What was revoked while Redis was away is told to it, and by it to whoever starts now.
    const later = await fleet.add('gateway')
    await waitFor(async () => (await refusalOf(later, 'hal')) === 3503)
    await Promise.all(crowd.map((person) => person.close()))
  })
})
