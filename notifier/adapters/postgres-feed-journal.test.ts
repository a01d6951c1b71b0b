import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { outboxRows } from '../../platform/postgres/outbox-rows.ts'
import { type Pool, transaction } from '../../platform/postgres/pool.ts'
import type { UserEvents } from '../../protocol/notifications.ts'
import { derive } from '../core/derive.ts'
import type { FeedJournal, Told } from '../ports/feed-journal.ts'
import { FeedStage } from '../testing/feed-stage.ts'
import { feeds, heads, waiting } from '../testing/feed-table.ts'
import { LotLog } from '../testing/lot-log.ts'
import { closing, duel } from '../testing/lot-words.ts'
import { holdWaiting, markTold, readWaiting } from './outbox-queries.ts'

const BOB = 'Bidder 2'

let stage: FeedStage
let pool: Pool
let journal: FeedJournal

beforeEach(async () => {
  stage = await FeedStage.set()
  pool = stage.pool
  journal = stage.journal
})
afterEach(() => stage.clear())

/** The feeds are written; then the mark on the outbox fails, and the transaction with it. */
async function failAtMark(work: () => Promise<void>): Promise<void> {
  await pool.query(`
    CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'disk full'; END $$;
    CREATE TRIGGER fail BEFORE UPDATE ON outbox FOR EACH ROW EXECUTE FUNCTION fail()`)
  await work()
  await pool.query('DROP TRIGGER fail ON outbox; DROP FUNCTION fail')
}

async function tellAll(by: FeedJournal): Promise<Told[]> {
  const passes: Told[] = []
  for (let told = await by.tell(derive); told.left || told.commits > 0; ) {
    passes.push(told)
    told = await by.tell(derive)
  }
  return passes
}

describe('telling', () => {
  test('adds what a commit tells to the feeds, once, and says what it added', async () => {
    const lot = new LotLog(pool)
    await lot.commit([duel(1)])
    await lot.commit([duel(2)])
    const told = await journal.tell(derive)
    expect(told).toMatchObject({ commits: 2, underivable: [], oldestAtMs: 1_000, left: false })
    expect(told.feeds).toEqual([
      {
        userId: 'ann',
        events: [
          {
            seq: 1,
            type: 'outbid',
            at: 2_002,
            lotId: lot.lotId,
            title: 'Palm Vx',
            currency: 'USD',
            price: 1_200,
            minNext: 1_250,
            endsAt: 90_000,
          },
        ],
      },
    ])
    expect(await journal.tell(derive)).toMatchObject({ commits: 0, feeds: [], left: false })
    expect(await feeds(pool)).toEqual({ ann: ['1 outbid@2'] })
    expect(await waiting(pool)).toBe(0)
  })

  test('a lot’s whole life reaches both bidders and the seller in order', async () => {
    const lot = new LotLog(pool)
    await lot.standing('ann', 1, 5_000)
    await lot.standing('bob', 2, 6_000)
    for (const seq of [1, 2, 3, 4]) {
      await lot.commit([duel(seq)])
      await journal.tell(derive)
    }
    await lot.soldBy('sam')
    await lot.commit([closing(5, 'bob', BOB)])
    await journal.tell(derive)
    expect(await feeds(pool)).toEqual({
      ann: ['1 outbid@2', '2 outbid@4', '3 lot_lost@5'],
      bob: ['1 outbid@3', '2 lot_won@5', '3 order_created@5'],
      sam: ['1 order_created@5'],
    })
    expect(await heads(pool)).toEqual({ ann: 3, bob: 3, sam: 1 })
  })

  test('a pass is bounded in commits and in events, and says that more is left', async () => {
    const lot = new LotLog(pool)
    await lot.commit([1, 2, 3].map(duel))
    for (const seq of [4, 5, 6]) await lot.commit([duel(seq)])
    const bounded = stage.anotherJournal({
      commitsPerPassMax: 3,
      eventsPerPassMax: { lot: 2, conversation: 2 },
    })
    expect((await tellAll(bounded)).map(({ commits, left }) => [commits, left])).toEqual([
      [1, true],
      [2, true],
      [1, false],
    ])
    expect(await feeds(pool)).toEqual({
      ann: ['1 outbid@6'],
      bob: ['1 outbid@3', '2 outbid@5'],
    })
  })

  test('rows that were read after a full pass make no lot rest, since more of them may wait', async () => {
    const lot = new LotLog(pool)
    for (const seq of [1, 2, 3]) await lot.commit([duel(seq)])
    const bounded = stage.anotherJournal({ commitsPerPassMax: 2 })
    expect((await tellAll(bounded)).map(({ lots }) => lots)).toEqual([
      new Map(),
      new Map([[lot.lotId, 1]]),
    ])
  })
})

describe('I15: each cause is told once', () => {
  test('I15: a commit that is derived again adds nothing and takes no seq', async () => {
    const lot = new LotLog(pool)
    await lot.commit([duel(1)])
    await lot.commit([duel(2)])
    await journal.tell(derive)
    await lot.commit([duel(3)])
    await pool.query('UPDATE outbox SET notified = false')
    const told = await journal.tell(derive)
    expect(told.commits).toBe(3)
    expect(told.feeds.map(({ userId }) => userId)).toEqual(['bob'])
    expect(await feeds(pool)).toEqual({ ann: ['1 outbid@2'], bob: ['1 outbid@3'] })
    expect(await heads(pool)).toEqual({ ann: 1, bob: 1 })
  })

  test('I15: a pass that fails before its commit leaves no trace', async () => {
    const lot = new LotLog(pool)
    await lot.commit([duel(1)])
    await lot.commit([duel(2)])
    await failAtMark(() => expect(journal.tell(derive)).rejects.toThrow('disk full'))
    expect([await feeds(pool), await heads(pool), await waiting(pool)]).toEqual([{}, {}, 2])
    await journal.tell(derive)
    expect(await feeds(pool)).toEqual({ ann: ['1 outbid@2'] })
  })

  test.each([1, 2, 3, 5, 100])(
    'I15: what a pass that was undone had grouped otherwise is told once, in order, to the last; %i commits a pass',
    async (commitsPerPassMax) => {
      const rounds = 10
      const lot = new LotLog(pool)
      for (let seq = 1; seq <= rounds; seq += 1) {
        await lot.commit([duel(seq)])
        // Each pass that reads all that waits, in a group of its own, is undone at its very end.
        await failAtMark(() => expect(journal.tell(derive)).rejects.toThrow('disk full'))
      }
      await tellAll(stage.anotherJournal({ commitsPerPassMax }))
      const kept = await keptByUser()
      for (const user of ['ann', 'bob']) {
        const causes = (kept.get(user) ?? []).map(({ cause }) => cause)
        const displacements = displacementsOf(user, rounds)
        expect(causes).toEqual(displacements.filter((seq) => causes.includes(seq)))
      }
      // Bob leads at the end, and ann knows that she does not.
      expect(kept.get('ann')?.at(-1)?.cause).toBe(rounds)
      expect(await waiting(pool)).toBe(0)
    },
  )

  test('I15: a pass of whose commits another told some is undone', async () => {
    const lot = new LotLog(pool)
    const ids = [await lot.commit([duel(1)]), await lot.commit([duel(2)])]
    await transaction(pool, (client) => markTold(client, ids.slice(1)))
    await expect(transaction(pool, (client) => markTold(client, ids))).rejects.toThrow('another')
    expect(await waiting(pool)).toBe(1)
  })

  test('I15: three notifiers at once tell everything once, each feed without a gap, each lot in order', async () => {
    const lots = Array.from({ length: 6 }, () => new LotLog(pool))
    const rounds = 12
    const writing = lots.map(async (lot) => {
      await lot.standing('ann', 1, 5_000)
      await lot.standing('bob', 2, 6_000)
      await lot.soldBy('sam')
      for (let seq = 1; seq <= rounds; seq += 1) await lot.commit([duel(seq)])
      await lot.commit([closing(rounds + 1, 'bob', BOB)])
    })
    const small = { commitsPerPassMax: 4, eventsPerPassMax: { lot: 100, conversation: 100 } }
    const heard: UserEvents[] = []
    let isWritten = false
    const telling = Array.from({ length: 3 }, async () => {
      const one = stage.anotherJournal(small)
      for (;;) {
        const isLastLook = isWritten
        const told = await one.tell(derive)
        heard.push(...told.feeds)
        if (isLastLook && !told.left && told.commits === 0) return
      }
    })
    const written = Promise.all(writing).finally(() => {
      isWritten = true
    })
    await Promise.all([written, ...telling])

    expect(await waiting(pool)).toBe(0)
    const kept = await keptByUser()
    for (const user of ['ann', 'bob']) {
      const feed = kept.get(user) ?? []
      expect(feed.map(({ seq }) => seq)).toEqual(feed.map((_, at) => at + 1))
      for (const { lotId } of lots) {
        const causes = feed.filter((each) => each.lotId === lotId).map(({ cause }) => cause)
        // Bob has won, and has an order; before, each was told of some of its displacements, in order.
        const end = user === 'bob' ? [rounds + 1, rounds + 1] : [rounds + 1]
        const displacements = causes.slice(0, -end.length)
        expect(causes.slice(-end.length)).toEqual(end)
        expect(displacements).toEqual(
          displacementsOf(user, rounds).filter((seq) => displacements.includes(seq)),
        )
      }
      const announced = heard
        .filter(({ userId }) => userId === user)
        .flatMap(({ events }) => events)
      expect(announced.map(({ seq }) => seq).toSorted((one, other) => one - other)).toEqual(
        feed.map(({ seq }) => seq),
      )
    }
  })
})

/** In a duel of so many bids. */
function displacementsOf(user: string, rounds: number): number[] {
  const seqs = Array.from({ length: rounds }, (_, at) => at + 1)
  return seqs.filter((seq) => seq > 1 && (seq % 2 === 0) === (user === 'ann'))
}

async function keptByUser() {
  const { rows } = await pool.query<{
    user_id: string
    seq: number
    lot_id: string
    source_seq: number
  }>('SELECT user_id, seq, aggregate_id AS lot_id, source_seq FROM notifications ORDER BY seq')
  const kept = new Map<string, { seq: number; lotId: string; cause: number }[]>()
  for (const { user_id, seq, lot_id, source_seq } of rows) {
    kept.set(user_id, [...(kept.get(user_id) ?? []), { seq, lotId: lot_id, cause: source_seq }])
  }
  return kept
}

describe('beside another notifier', () => {
  test('the commits of a lot that another holds wait; those of other lots do not', async () => {
    const lot = new LotLog(pool)
    const other = new LotLog(pool)
    await lot.commit([duel(1), duel(2)])
    await transaction(pool, async (client) => {
      expect(await holdWaiting(client, 1, [])).toEqual([{ aggregateId: lot.lotId, isHeld: true }])
      await lot.commit([duel(3)])
      await other.commit([duel(1), duel(2)])
      expect(await journal.tell(derive)).toMatchObject({ commits: 1, left: true })
      expect(await journal.tell(derive)).toMatchObject({ commits: 0, left: true })
    })
    expect(await feeds(pool)).toEqual({ ann: ['1 outbid@2'] })
    await journal.tell(derive)
    expect(await feeds(pool)).toEqual({ ann: ['1 outbid@2'], bob: ['1 outbid@3'] })
  })

  test('what was published before it was told is gone, what is published after waits for who tidies up', async () => {
    const lot = new LotLog(pool)
    await outboxRows(pool, 'lot').markPublished([await lot.commit([duel(1)])])
    const unpublished = await lot.commit([duel(2)])
    expect(await journal.tell(derive)).toMatchObject({ commits: 2 })
    const { rows } = await pool.query('SELECT id, published, notified FROM outbox')
    expect(rows).toEqual([{ id: unpublished, published: false, notified: true }])
  })

  test('who marks commits as published does not wait for who tells them', async () => {
    const lot = new LotLog(pool)
    const id = await lot.commit([duel(1)])
    await transaction(pool, async (client) => {
      await holdWaiting(client, 1, [])
      await readWaiting(client, 1, [lot.lotId])
      await outboxRows(pool, 'lot').markPublished([id])
    })
    expect((await pool.query('SELECT published FROM outbox')).rows).toEqual([{ published: true }])
  })
})

describe('a commit whose log is lost', () => {
  test('is recorded and left aside, and holds nobody else up', async () => {
    const lot = new LotLog(pool)
    const lost = await lot.commitWithoutLog(40, 41)
    const other = new LotLog(pool)
    await other.commit([duel(1), duel(2)])
    const told = await journal.tell(derive)
    expect(told).toMatchObject({
      commits: 2,
      left: false,
      underivable: [
        { outboxId: lost, source: 'lot', aggregateId: lot.lotId, fromSeq: 40, toSeq: 41 },
      ],
    })
    expect(await feeds(pool)).toEqual({ ann: ['1 outbid@2'] })
    expect(await waiting(pool)).toBe(0)
    const { rows } = await pool.query('SELECT outbox_id, from_seq, fault FROM underivable_commits')
    expect(rows).toEqual([
      { outbox_id: lost, from_seq: 40, fault: expect.stringContaining('lacks events') },
    ])
  })
})

test('a commit whose log is lost is left aside alone, though it would be told with others', async () => {
  const lot = new LotLog(pool)
  await lot.commit([duel(1), duel(2)])
  const lost = await lot.commitWithoutLog(3, 4)
  await lot.commit([duel(5)])
  const told = await journal.tell(derive)
  expect(told).toMatchObject({
    commits: 3,
    underivable: [{ outboxId: lost, fromSeq: 3, toSeq: 4 }],
  })
  expect(await feeds(pool)).toEqual({ ann: ['1 outbid@2'], bob: ['1 outbid@5'] })
})

test('I12: no maximum is in anything that is told or kept', async () => {
  const lot = new LotLog(pool)
  await lot.standing('ann', 1, 777_777_001)
  await lot.standing('bob', 2, 777_777_002)
  await lot.soldBy('sam')
  for (const seq of [1, 2, 3, 4]) {
    await lot.commit([duel(seq)])
    await journal.tell(derive)
  }
  await lot.commit([closing(5, 'bob', BOB)])
  await lot.commitWithoutLog(6, 7)
  const told = await journal.tell(derive)
  const { rows } = await pool.query(`
    SELECT to_jsonb(n)::text AS row FROM notifications n
     UNION ALL SELECT to_jsonb(u)::text FROM underivable_commits u`)
  expect(rows.length).toBe(8)
  expect(
    JSON.stringify([rows, told.feeds, told.underivable.map(({ fault }) => String(fault))]),
  ).not.toMatch(/777777/)
})
