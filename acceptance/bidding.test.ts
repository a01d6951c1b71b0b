// People bid through the public client, and everybody sees what they may see.
import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { waitFor } from '../platform/testing/wait-for.ts'
import { type PublicClient, publicClient } from './testing/public-client.ts'
import {
  endSoon,
  lotOf,
  lotTerms,
  openLot,
  startServer,
  type TestServer,
} from './testing/server.ts'

describe('bidding with the public client', () => {
  let server: TestServer
  const clients: PublicClient[] = []
  beforeAll(async () => {
    server = await startServer()
  })
  afterEach(() => {
    for (const client of clients.splice(0)) client.close()
  })
  afterAll(() => server.stop())

  async function arrive(user?: string): Promise<PublicClient> {
    const client = publicClient(server, user === undefined ? {} : { user })
    clients.push(client)
    await client.connect()
    return client
  }

  test('a bid is answered, and the watchers see it', async () => {
    const { lotId } = await openLot(server)
    const ann = await arrive('ann')
    const watcher = await (await arrive()).watch(lotId)
    expect(watcher.snapshot.lot).toMatchObject({
      lotId,
      state: 'open',
      price: null,
      minNext: 1_000,
    })

    const outcome = await ann.bid(lotId, 5_000)
    expect(outcome).toMatchObject({
      outcome: 'accepted',
      leading: true,
      price: 1_000,
      yourMax: 5_000,
      minNext: 1_050,
    })
    await waitFor(() => watcher.publications.length > 0)
    expect(watcher.publications.at(-1)).toMatchObject({
      offset: watcher.snapshot.lot.seq + 1,
      data: {
        type: 'bid_accepted',
        bid: { alias: 'Bidder 1', amount: 1_000, kind: 'proxy' },
        lot: { price: 1_000, leader: 'Bidder 1', bidCount: 1 },
      },
    })
  })

  test('I12: a secret maximum and the reserve reach nobody else', async () => {
    const canary = 7_654_321
    const { lotId } = await openLot(server, { reservePrice: 7_123_457 })
    const [ann, bob] = [await arrive('ann'), await arrive('bob')]
    const watcher = await (await arrive()).watch(lotId)
    await ann.bid(lotId, 6_543_217)
    await bob.bid(lotId, canary)
    await waitFor(() => watcher.publications.some(({ data }) => data.lot.leader === 'Bidder 2'))

    const seen = JSON.stringify([
      watcher.snapshot,
      watcher.publications,
      await bob.centrifuge.history(`lot:${lotId}`, { limit: 100 }).catch(String),
      (await ann.centrifuge.rpc('lot.get', { lotId })).data,
      (await ann.centrifuge.rpc('lot.bids', { lotId })).data,
      ann.feed,
      server.logged(),
      await (await fetch(server.metricsUrl)).text(),
    ])
    expect(seen).not.toContain(String(canary))
    expect(server.logged()).toContain('started')
    // The reserve is met, so the price stands at it: that much everybody may know.
    expect(seen).toContain('"reserveMet":true')
    const { data } = await bob.centrifuge.rpc('lot.get', { lotId })
    expect(data.you).toEqual({ leading: true, max: canary, alias: 'Bidder 2' })
  })

  test('who is outbid is told on the own feed, and at the end the winner, the losers and the seller', async () => {
    const { lotId, title } = await openLot(server)
    const [ann, bob, sam] = [await arrive('anna'), await arrive('bert'), await arrive('sam')]
    const watcher = await ann.watch(lotId)
    await ann.bid(lotId, 5_000)
    await bob.bid(lotId, 8_000)
    await waitFor(() => ann.feed.length === 1)
    expect(ann.feed[0]?.data).toMatchObject({ type: 'outbid', lotId, title, price: 5_100, seq: 1 })

    await endSoon(server, lotId)
    await waitFor(() => watcher.publications.at(-1)?.data.type === 'lot_closed')
    expect(watcher.publications.at(-1)?.data.lot).toMatchObject({
      state: 'sold',
      result: { outcome: 'sold', price: 5_100, winner: 'Bidder 2' },
    })
    await waitFor(() => ann.feed.length === 2 && bob.feed.length === 2 && sam.feed.length > 0)
    expect(ann.feed[1]).toMatchObject({ offset: 2, data: { type: 'lot_lost', lotId } })
    expect(bob.feed[0]).toMatchObject({ offset: 1, data: { type: 'lot_won', lotId, price: 5_100 } })
    const order = { orderId: lotId, buyerId: 'bert', sellerId: 'sam', amount: 5_100 }
    for (const { feed } of [bob, sam]) {
      expect(feed.at(-1)?.data).toMatchObject({ type: 'order_created', ...order })
    }

    expect(await ann.bid(lotId, 9_000)).toMatchObject({ outcome: 'refused', code: 'lot_closed' })
  })

  test('I4: the same bid id gets the same outcome, over the socket and over HTTP', async () => {
    const { lotId } = await openLot(server)
    const ann = await arrive('ann')
    const clientBidId = randomUUID()
    const first = await ann.bid(lotId, 5_000, { clientBidId })
    const again = await ann.bid(lotId, 5_000, { clientBidId })
    expect(again).toEqual({ ...first, replayed: true })

    const http = await server.as('ann')
    const body = { clientBidId, amount: 5_000, currency: 'USD' }
    expect(await http.call('POST', `/v1/lots/${lotId}/bids`, body)).toEqual(again)
    expect(await ann.bid(lotId, 6_000, { clientBidId })).toMatchObject({
      outcome: 'refused',
      code: 'idempotency_mismatch',
    })
    expect((await ann.centrifuge.rpc('lot.get', { lotId })).data.bidCount).toBe(1)
  })

  test('a late bid moves the end, and the watchers see the new one', async () => {
    const softClose = {
      mode: 'reset',
      windowMs: 3_600_000,
      extendMs: 7_200_000,
      trigger: 'lead_or_price_change',
      minGrowthMs: 1_000,
    } as const
    const { lotId, endsAt } = await openLot(server, { softClose })
    const ann = await arrive('ann')
    const watcher = await ann.watch(lotId)
    const outcome = await ann.bid(lotId, 5_000)
    await waitFor(() => watcher.publications.some(({ data }) => data.type === 'lot_extended'))
    const extended = watcher.publications.find(({ data }) => data.type === 'lot_extended')
    expect(extended?.data.extended).toMatchObject({ from: endsAt })
    expect(extended?.data.lot.endsAt).toBeGreaterThan(endsAt)
    expect(extended?.data.lot.extensions).toBe(1)
    expect(outcome).toMatchObject({ outcome: 'accepted', endsAt: extended?.data.lot.endsAt })
  })

  test('a bid is retracted where the lot allows it, and the one before leads again', async () => {
    const endsAt = Date.now() + 48 * 3_600_000
    const { lotId } = await openLot(server, { retraction: 'ebay', endsAt })
    const [ann, bob] = [await arrive('ann'), await arrive('bob')]
    const watcher = await ann.watch(lotId)
    await ann.bid(lotId, 5_000)
    const clientBidId = randomUUID()
    await bob.bid(lotId, 8_000, { clientBidId })
    const retraction = { lotId, clientBidId, reason: 'typing_error' }
    const { data } = await bob.centrifuge.rpc('bid.retract', retraction)
    expect(data).toMatchObject({ outcome: 'accepted', price: 1_000, leading: false })
    await waitFor(() => watcher.publications.at(-1)?.data.type === 'bid_retracted')
    expect(watcher.publications.at(-1)?.data).toMatchObject({
      retracted: { priceBefore: 5_100, priceAfter: 1_000 },
      lot: { leader: 'Bidder 1', price: 1_000 },
    })
  })

  test('a seller may not bid on the own lot, nor may anybody bid on a draft', async () => {
    const { lotId } = await openLot(server)
    const sam = await arrive('sam')
    expect(await sam.bid(lotId, 5_000)).toMatchObject({ outcome: 'refused', code: 'self_bid' })
    const seller = await server.as('sam', 'seller')
    const draft = lotOf(await seller.call('POST', '/v1/lots', lotTerms()))
    const ann = await arrive('ann')
    const outcome = await ann.bid(draft.lotId, 5_000)
    expect(outcome.outcome).toBe('refused')
    expect(outcome).toHaveProperty('code', expect.stringMatching(/lot_not_found|lot_not_open/))
  })

  test('the history of a lot holds every event, both ways', async () => {
    const { lotId } = await openLot(server)
    const ann = await arrive('ann')
    const { subscription } = await ann.watch(lotId)
    for (const amount of [1_000, 2_000, 3_000]) await ann.bid(lotId, amount)
    const head = await subscription.history({ limit: 0 })
    const all = await subscription.history({ limit: 300, since: { offset: 0, epoch: head.epoch } })
    expect(all.publications.map(({ offset }) => offset)).toEqual(
      Array.from({ length: head.offset }, (_, at) => at + 1),
    )
    const newest = await subscription.history({ limit: 2, reverse: true })
    expect(newest.publications.map(({ offset }) => offset)).toEqual([head.offset, head.offset - 1])
  })

  test('presence says who is there, presence stats how many', async () => {
    const { lotId } = await openLot(server)
    const [ann, bob] = [await arrive('ann'), await arrive('bob')]
    const watched = await ann.watch(lotId)
    await bob.watch(lotId)
    await (await arrive()).watch(lotId)
    await waitFor(async () => {
      expect(await watched.subscription.presenceStats()).toMatchObject({ numClients: 3 })
      return true
    })
    const { clients: there } = await watched.subscription.presence()
    expect(Object.values(there).map(({ user }) => user)).toContain('ann')
    // Bidders are strangers to each other.
    expect(Object.values(there).map(({ user }) => user)).not.toContain('bob')
  })
})
