// Networks come and go; what happened meanwhile is there when the client is back.
import { State } from 'centrifuge'
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { connectWire } from '../loadtest/wire-client.ts'
import { waitFor } from '../platform/testing/wait-for.ts'
import { lotChannel, userChannel } from '../protocol/channels.ts'
import { type PublicClient, publicClient } from './testing/public-client.ts'
import { endSoon, openLot, startServer, type TestServer } from './testing/server.ts'

describe('a client whose socket drops', () => {
  let server: TestServer
  const clients: PublicClient[] = []
  beforeAll(async () => {
    server = await startServer()
  })
  afterEach(() => {
    for (const client of clients.splice(0)) client.close()
  })
  afterAll(() => server.stop())

  async function arrive(user: string): Promise<PublicClient> {
    const client = publicClient(server, { user })
    clients.push(client)
    await client.connect()
    return client
  }

  test('I13: comes back to the newest state of a lot that went on without it', async () => {
    const { lotId } = await openLot(server)
    const [ann, bob] = [await arrive('ann'), await arrive('bob')]
    const watched = await ann.watch(lotId)
    ann.loseNetwork()
    await waitFor(() => ann.centrifuge.state === State.Connecting)
    for (const amount of [2_000, 3_000, 4_000]) await bob.bid(lotId, amount)
    const { data: state } = await bob.centrifuge.rpc('lot.get', { lotId })
    ann.restore()

    await waitFor(() => watched.subscribed.length === 2)
    expect(watched.subscribed[1]).toMatchObject({ wasRecovering: true, recovered: true })
    await waitFor(() => watched.publications.at(-1)?.offset === state.seq)
    expect(watched.publications).toHaveLength(1)
    expect(watched.publications[0]?.data.lot).toMatchObject({ price: 1_000, bidCount: 3 })

    await bob.bid(lotId, 9_000)
    await waitFor(() => watched.publications.length === 2)
    expect(watched.publications[1]?.offset).toBe(state.seq + 1)
  })

  test('I15: gets every notification of the time without a network, each once and in order', async () => {
    const lots = await Promise.all(Array.from({ length: 5 }, () => openLot(server)))
    const [eve, fay] = [await arrive('eve'), await arrive('fay')]
    for (const { lotId } of lots) await eve.bid(lotId, 2_000)
    eve.loseNetwork()
    await waitFor(() => eve.centrifuge.state === State.Connecting)
    for (const { lotId } of lots) await fay.bid(lotId, 5_000)
    for (const { lotId } of lots.slice(0, 2)) await endSoon(server, lotId)
    await waitFor(() => fay.feed.filter(({ data }) => data.type === 'lot_won').length === 2)
    eve.restore()

    await waitFor(() => eve.feed.length === 7, { what: 'seven notifications' })
    expect(eve.feed.map(({ offset }) => offset)).toEqual([1, 2, 3, 4, 5, 6, 7])
    expect(eve.feed.map(({ data }) => data.seq)).toEqual([1, 2, 3, 4, 5, 6, 7])
    expect(eve.feed.filter(({ data }) => data.type === 'outbid')).toHaveLength(5)
    expect(eve.feed.filter(({ data }) => data.type === 'lot_lost')).toHaveLength(2)
  })

  test('survives many cuts while bids keep coming, and ends at the lot’s own state', async () => {
    const { lotId } = await openLot(server)
    const [gil, hal] = [await arrive('gil'), await arrive('hal')]
    const watched = await gil.watch(lotId)
    for (let round = 1; round <= 12; round += 1) {
      if (round % 3 === 0) gil.cut()
      await hal.bid(lotId, 1_000 + round)
    }
    const { data: state } = await hal.centrifuge.rpc('lot.get', { lotId })
    await waitFor(() => (watched.publications.at(-1)?.offset ?? 0) >= state.seq)
    const offsets = watched.publications.map(({ offset }) => offset)
    expect(offsets).toEqual([...new Set(offsets)].toSorted((one, other) => one - other))
    expect(watched.publications.at(-1)?.data.lot).toMatchObject({ bidCount: 12, seq: state.seq })
  })

  test('has all of its subscriptions again, more than a frame holds of other commands', async () => {
    const lots = await Promise.all(Array.from({ length: 45 }, () => openLot(server)))
    const ned = await arrive('ned')
    const watched = await Promise.all(lots.map(({ lotId }) => ned.watch(lotId)))
    ned.loseNetwork()
    await waitFor(() => ned.centrifuge.state === State.Connecting)
    ned.restore()
    await waitFor(() => watched.every(({ subscribed }) => subscribed.length === 2))
    expect(watched.map(({ subscribed }) => subscribed[1]?.recovered)).not.toContain(false)
  })

  test('with a position of another history starts anew from the snapshot', async () => {
    const { lotId } = await openLot(server)
    const client = await connectWire({ url: server.websocketUrl, token: await server.token('ivy') })
    const channel = lotChannel(lotId)
    const position = { recover: true, epoch: 'other', offset: 1 }
    const foreign = await client.request('subscribe', { channel, ...position })
    expect(foreign).toMatchObject({
      was_recovering: true,
      recovered: false,
      data: { lot: { lotId } },
    })
    expect(foreign.publications ?? []).toEqual([])
    await client.request('unsubscribe', { channel })

    const beyond = { recover: true, epoch: foreign.epoch ?? '', offset: 1_000 }
    const impossible = await client.request('subscribe', { channel, ...beyond })
    expect(impossible).toMatchObject({ recovered: false, offset: foreign.offset })
    await client.close()
  })

  test('more than 300 notifications behind: the head, and pages of history', async () => {
    const behind = 350
    await withFeed('jim', behind)
    const channel = userChannel('jim')
    const epoch = await streamEpoch()
    const client = await connectWire({
      url: server.websocketUrl,
      token: await server.token('jim'),
      subs: { [channel]: { recover: true, epoch, offset: 0 } },
    })
    expect(client.hello.subs[channel]).toMatchObject({ recovered: false, offset: behind })
    const offsets: number[] = []
    while (offsets.length < behind) {
      const since = { epoch, offset: offsets.at(-1) ?? 0 }
      const page = await client.request('history', { channel, limit: 300, since })
      expect(page.publications.length).toBeGreaterThan(0)
      offsets.push(...page.publications.map(({ offset }) => offset ?? 0))
    }
    expect(offsets).toEqual(Array.from({ length: behind }, (_, at) => at + 1))
    await client.close()
  })

  /** Writes a feed as the notifier would have over a year. */
  async function withFeed(userId: string, length: number): Promise<void> {
    await query(
      `WITH stream AS (INSERT INTO user_streams (user_id, last_seq) VALUES ($1, $2))
       INSERT INTO notifications (user_id, seq, type, at_ms, source, aggregate_id, source_seq, data)
       SELECT $1, seq, 'outbid', 0, 'lot', gen_random_uuid(), seq, '{}'
         FROM generate_series(1, $2::bigint) seq`,
      [userId, length],
    )
  }

  async function streamEpoch(): Promise<string> {
    const [row] = await query('SELECT stream_epoch FROM deployment', [])
    return String(row?.['stream_epoch'])
  }

  async function query(text: string, values: unknown[]): Promise<Record<string, unknown>[]> {
    const client = new Client({ connectionString: server.databaseUrl })
    await client.connect()
    try {
      return (await client.query<Record<string, unknown>>(text, values)).rows
    } finally {
      await client.end()
    }
  }
})
