// The whole engine on a real PostgreSQL: what must hold whatever breaks.
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { uuidv7 } from '../platform/ids.ts'
import { systemClock } from '../platform/system-clock.ts'
import { waitFor } from '../platform/testing/wait-for.ts'
import type { EngineReply, LotEvents } from '../protocol/engine.ts'
import { lotEventsSubject, shardOf } from '../protocol/subjects.ts'
import { createPostgresLotJournal } from './adapters/postgres-lot-journal.ts'
import { livePart } from './core/visibility.ts'
import { type ChainedEvent, firstBreak } from './shell/audit-chain.ts'
import { placeBid, seller } from './testing/commands.ts'
import { AuctionDatabase } from './testing/database-engine.ts'
import { replayed } from './testing/replayed.ts'

let database: AuctionDatabase

beforeEach(async () => {
  database = await AuctionDatabase.make()
})
afterEach(() => database.close())

interface LotRow {
  readonly seq: number
  readonly decision_no: number
  readonly state: string
  readonly price: number | null
  readonly leader_id: string | null
}

async function stored(lotId: string): Promise<LotRow | undefined> {
  const { rows } = await database.pool.query<LotRow>(
    'SELECT seq, decision_no, state, price, leader_id FROM lots_hot WHERE lot_id = $1',
    [lotId],
  )
  return rows[0]
}

/** Bids in a closed loop until told to stop; every reply with what was asked. */
function bidders(lotId: string, count: number) {
  const heard: { readonly commandId: string; readonly reply: EngineReply }[] = []
  const over = new AbortController()
  let max = 10_000
  const all = Array.from({ length: count }, async (_, nth) => {
    while (!over.signal.aborted) {
      max += 10_000
      const commandId = uuidv7()
      const reply = await database.bid(lotId, { by: `bidder-${nth}`, max, commandId })
      heard.push({ commandId, reply })
    }
  })
  return {
    heard,
    async stop() {
      over.abort()
      await Promise.all(all)
    },
  }
}

async function acceptedIds(lotId: string): Promise<Set<string>> {
  const { rows } = await database.pool.query<{ command_id: string }>(
    `SELECT command_id FROM lot_decisions
      WHERE lot_id = $1 AND command = 'place_bid' AND outcome = 'accepted'`,
    [lotId],
  )
  return new Set(rows.map((row) => row.command_id))
}

async function expectNumbersWithoutGap(lotId: string): Promise<void> {
  const hot = await stored(lotId)
  const { rows } = await database.pool.query(
    `SELECT (SELECT array_agg(decision_no ORDER BY decision_no) = array_agg(nth ORDER BY nth)
               FROM (SELECT decision_no, row_number() OVER (ORDER BY decision_no) AS nth
                       FROM lot_decisions WHERE lot_id = $1) AS d) AS decisions,
            (SELECT array_agg(seq ORDER BY seq) = array_agg(nth ORDER BY nth)
               FROM (SELECT seq, row_number() OVER (ORDER BY seq) AS nth
                       FROM lot_events WHERE lot_id = $1) AS e) AS events,
            (SELECT max(decision_no) FROM lot_decisions WHERE lot_id = $1) AS decision_no,
            (SELECT max(seq) FROM lot_events WHERE lot_id = $1) AS seq`,
    [lotId],
  )
  expect(rows[0]).toEqual({
    decisions: true,
    events: true,
    decision_no: hot?.decision_no,
    seq: hot?.seq,
  })
}

describe('acknowledged means committed', () => {
  test('I1: every acknowledged bid is stored, though connections are cut in the middle of commits', async () => {
    await database.engine()
    const lotId = await database.openLot()
    const crowd = bidders(lotId, 16)
    for (let cut = 1; cut <= 5; cut += 1) {
      const before = crowd.heard.length
      await waitFor(() => crowd.heard.length > before + 50)
      await database.cutConnections('engine')
    }
    const before = crowd.heard.length
    await waitFor(() => crowd.heard.length > before + 50)
    await crowd.stop()

    const acknowledged = crowd.heard.filter(({ reply }) => reply.outcome === 'accepted')
    const ids = await acceptedIds(lotId)
    expect(acknowledged.length).toBeGreaterThan(100)
    for (const { commandId } of acknowledged) expect(ids).toContain(commandId)
    // What was told to be undecided was not decided.
    for (const { commandId, reply } of crowd.heard) {
      if (reply.outcome === 'refused') expect(ids).not.toContain(commandId)
    }
    await expectNumbersWithoutGap(lotId)
  })

  test('I1: an engine that is killed amid bidding loses nothing it acknowledged; the next goes on', async () => {
    const first = await database.engine()
    const lotId = await database.openLot()
    const crowd = bidders(lotId, 8)
    await waitFor(() => crowd.heard.length > 200)
    await first.crash()
    await database.engine()
    const before = crowd.heard.length
    await waitFor(() => crowd.heard.length > before + 100)
    await crowd.stop()
    const ids = await acceptedIds(lotId)
    for (const { commandId, reply } of crowd.heard) {
      if (reply.outcome === 'accepted') expect(ids).toContain(commandId)
    }
    await expectNumbersWithoutGap(lotId)
  })

  test('I4: a repeat after a restart gets the first answer, word for word', async () => {
    const first = await database.engine()
    const lotId = await database.openLot()
    const command = placeBid(lotId, { by: 'ann', max: 5_000 })
    const reply = await database.ask(command)
    const refusedCommand = placeBid(lotId, { by: 'bob', max: 1_000 })
    const refused = await database.ask(refusedCommand)
    await first.crash()
    await database.engine()
    await database.bid(lotId, { by: 'eve', max: 9_000 })
    expect(await database.ask(command)).toEqual({ ...reply, replayed: true })
    expect(await database.ask(refusedCommand)).toEqual({ ...refused, replayed: true })
    expect(await database.ask({ ...command, amount: 6_000 })).toMatchObject({
      code: 'idempotency_mismatch',
    })
    expect((await acceptedIds(lotId)).size).toBe(2)
  })
})

describe('owners', () => {
  test('I11: a batch of the former owner is fenced, and its caller hears that nobody knows', async () => {
    await database.engine('first')
    const lotId = await database.openLot()
    await database.bid(lotId, { by: 'ann', max: 5_000 })
    // A paused process: its lease runs out, another takes over, and then it goes on as if nothing were.
    await database.pool.query(`UPDATE shard_leases SET expires_at = now() - interval '1 s'`)
    const shard = shardOf(lotId)
    await database.pool.query(
      `UPDATE shard_leases SET owner = 'second', epoch = epoch + 1,
              expires_at = now() + interval '1 hour' WHERE shard = $1`,
      [shard],
    )
    const late = await database.bid(lotId, { by: 'eve', max: 90_000 })
    expect(['outcome_unknown', 'overloaded']).toContain('code' in late ? late.code : late.outcome)
    expect(await stored(lotId)).toMatchObject({ leader_id: 'ann', decision_no: 3 })
  })

  test('I11: a claim waits for a batch under way, and sees it', async () => {
    const engine = await database.engine('first')
    const lotId = await database.openLot()
    // Holds the lot's row, as a batch of a former owner does until it is committed.
    const zombie = await database.pool.connect()
    await zombie.query('BEGIN')
    await zombie.query('UPDATE lots_hot SET decision_no = decision_no + 1 WHERE lot_id = $1', [
      lotId,
    ])
    await engine.crash()
    const journal = createPostgresLotJournal(database.pool)
    const { rows } = await database.pool.query<{ epoch: number }>(
      `UPDATE shard_leases SET owner = 'second', epoch = epoch + 1 WHERE shard = $1 RETURNING epoch`,
      [shardOf(lotId)],
    )
    const claiming = journal.claim([{ lotId, epoch: rows[0]?.epoch ?? 0 }])
    expect(await Promise.race([claiming, sleep(100, 'waits')])).toBe('waits')
    await zombie.query('COMMIT')
    zombie.release()
    expect(await claiming).toMatchObject([
      { type: 'claimed', stored: { lot: { now: { decisionNo: 3 } } } },
    ])
  })

  test('a drained engine leaves its shards to the next at once, with every lot where it was', async () => {
    const first = await database.engine('first')
    const lotId = await database.openLot()
    await database.bid(lotId, { by: 'ann', max: 5_000 })
    await first.drain()
    await database.engine('second')
    expect(await database.bid(lotId, { by: 'bob', max: 7_000 })).toMatchObject({
      outcome: 'accepted',
      price: 5_100,
      seq: 4,
    })
  })

  test('what a dead owner committed and did not tell, the next one tells', async () => {
    const first = await database.engine('first')
    const lotId = await database.openLot()
    await database.bid(lotId, { by: 'ann', max: 5_000 })
    await first.crash()
    // As if it had died before a word was said.
    await database.pool.query('UPDATE outbox SET published = false')
    await database.pool.query(`UPDATE shard_leases SET expires_at = now() - interval '1 s'`)
    await database.engine('second', { leaseMs: 60_000 })
    const heard: LotEvents[] = []
    await database.bus.listen(lotEventsSubject(lotId), (message) =>
      heard.push(message as LotEvents),
    )
    await database.pool.query(
      `UPDATE outbox SET published = false, created_at_ms = created_at_ms - 10000`,
    )
    await waitFor(() => heard.length > 0)
    const events = heard.flatMap((message) => message.events)
    expect(events.map(({ seq }) => seq)).toEqual([1, 2, 3])
    expect(events.at(-1)?.publication).toMatchObject({
      type: 'bid_accepted',
      lot: { lotId, price: 1_000, leader: 'Bidder 1', bidCount: 1 },
    })
    await waitFor(async () => {
      const { rows } = await database.pool.query('SELECT 1 FROM outbox WHERE NOT published')
      return rows.length === 0
    })
  })
})

/** A lot with everything that can happen to one, up to its close. */
async function eventfulLot(): Promise<string> {
  const now = systemClock.nowMs()
  const lotId = await database.openLot({
    retraction: 'ebay',
    reservePrice: 8_000,
    endsAt: now + 24 * 3_600_000,
    softClose: {
      mode: 'reset',
      windowMs: 1_000,
      extendMs: 1_000,
      trigger: 'lead_or_price_change',
      minGrowthMs: 1,
    },
  })
  const retracted = placeBid(lotId, { by: 'bob', max: 7_000 })
  await Promise.all([
    database.bid(lotId, { by: 'ann', max: 5_000 }),
    database.ask(retracted),
    database.bid(lotId, { by: 'eve', max: 1_000 }),
    database.ask({ ...placeBid(lotId, { by: 'dan', max: 9_000 }), currency: 'EUR' }),
  ])
  const commandId = uuidv7()
  await database.ask({
    type: 'retract_bid',
    lotId,
    commandId,
    actor: retracted.actor,
    clientBidId: retracted.commandId,
    reason: 'typing_error',
  })
  const changes = { reservePrice: 6_000, title: 'A taller palm' }
  await database.ask({ type: 'update_lot', lotId, commandId: uuidv7(), actor: seller, changes })
  const service = { userId: 'house', roles: ['service'] } as const
  const endsAt = systemClock.nowMs() + 1_500
  const end = { type: 'update_lot', lotId, commandId: uuidv7(), actor: service } as const
  await database.ask({ ...end, changes: { endsAt } })
  await waitFor(() => systemClock.nowMs() > endsAt - 900)
  await database.bid(lotId, { by: 'fay', max: 12_000 })
  await waitFor(async () => (await stored(lotId))?.state !== 'open')
  return lotId
}

async function chainOf(lotId: string): Promise<(ChainedEvent & { hash: Buffer })[]> {
  const { rows } = await database.pool.query<ChainedEvent & { hash: Buffer }>(
    `SELECT lot_id AS "lotId", seq, round, type, at_ms AS at, live::json, detail::json,
            private::json, hash
       FROM lot_events WHERE lot_id = $1 ORDER BY seq`,
    [lotId],
  )
  return rows
}

describe('what is stored', () => {
  test('I17: replaying the decisions rebuilds the stored lot, I18: and the audit chain holds', async () => {
    const engine = await database.engine()
    const lotId = await eventfulLot()
    await engine.drain()

    const lot = await replayed(database.pool, lotId)
    const engineAgain = await database.engine('again')
    await engineAgain.drain()
    const { rows: leases } = await database.pool.query<{ epoch: number }>(
      `UPDATE shard_leases SET epoch = epoch + 1 WHERE shard = $1 RETURNING epoch`,
      [shardOf(lotId)],
    )
    const journal = createPostgresLotJournal(database.pool)
    const [found] = await journal.claim([{ lotId, epoch: leases[0]?.epoch ?? 0 }])
    if (lot === undefined || found?.type !== 'claimed') throw new Error('the lot was not found')
    expect(found.stored.lot.now).toEqual(lot.now)
    expect(found.stored.lot.rules).toEqual(lot.rules)
    expect(new Map(found.stored.lot.standings.entries())).toEqual(new Map(lot.standings.entries()))
    expect(lot.now).toMatchObject({ state: 'sold', leaderId: 'fay', extensions: 1 })
    const { rows: views } = await database.pool.query<{ view: object }>(
      'SELECT view FROM lot_states WHERE lot_id = $1',
      [lotId],
    )
    expect(views[0]?.view).toMatchObject({
      title: 'A taller palm',
      ...livePart(lot.now, lot.rules),
    })

    const events = await chainOf(lotId)
    expect(events.map(({ type }) => type)).toContain('bid_retracted')
    expect(firstBreak(found.stored.rulesHash, events)).toBeUndefined()
    expect(Buffer.from(found.stored.hash)).toEqual(Buffer.from(events.at(-1)?.hash ?? []))
  })

  test('I18: a changed, a missing and an added event each break the chain where they stand', async () => {
    await database.engine()
    const lotId = await database.openLot()
    for (const max of [2_000, 4_000, 6_000, 8_000])
      await database.bid(lotId, { by: `b${max}`, max })
    const events = await chainOf(lotId)
    const { rows } = await database.pool.query<{ rules_hash: Buffer }>(
      'SELECT rules_hash FROM lots WHERE lot_id = $1',
      [lotId],
    )
    const rulesHash = rows[0]?.rules_hash ?? Buffer.alloc(0)
    expect(events).toHaveLength(6)
    expect(firstBreak(rulesHash, events)).toBeUndefined()
    const changed = events.map((event) =>
      event.seq === 4 ? { ...event, at: event.at + 1 } : event,
    )
    expect(firstBreak(rulesHash, changed)).toBe(4)
    expect(
      firstBreak(
        rulesHash,
        events.filter(({ seq }) => seq !== 5),
      ),
    ).toBe(5)
    const [first, ...others] = events
    if (first === undefined) throw new Error('there are no events')
    expect(firstBreak(rulesHash, [first, { ...first, seq: 2 }, ...others])).toBe(2)
    expect(firstBreak(Buffer.alloc(32), events)).toBe(1)
  })

  test('I12: no public word holds a maximum or the reserve', async () => {
    await database.engine()
    const lotId = await database.openLot({ reservePrice: 77_777_777 })
    await database.bid(lotId, { by: 'ann', max: 55_555_555 })
    await database.bid(lotId, { by: 'bob', max: 44_444 })
    const { rows } = await database.pool.query<{ text: string }>(
      `SELECT publication::text || private::text AS text FROM lot_publications WHERE lot_id = $1
        UNION ALL SELECT view::text FROM lot_states WHERE lot_id = $1`,
      [lotId],
    )
    expect(rows).toHaveLength(5)
    for (const { text } of rows) expect(text).not.toMatch(/77777777|55555555|"reserve(Price)?"/)
    // The runner-up's maximum is no secret once the price has reached it, give or take a step.
    expect(rows.at(-1)?.text).toMatch(/"price": 44944/)
  })
})

test('rows of the outbox are deleted once they are published and notified', async () => {
  await database.engine()
  const lotId = await database.openLot()
  await database.bid(lotId, { by: 'ann', max: 5_000 })
  await database.pool.query('UPDATE outbox SET notified = true')
  await waitFor(async () => {
    const { rows } = await database.pool.query('SELECT 1 FROM outbox')
    return rows.length === 0
  })
})
