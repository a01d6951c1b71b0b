import { beforeEach, expect, test } from 'vitest'
import { createLogger } from './log.ts'
import { createMetrics, metersOf, type Registry } from './metrics.ts'
import { markPublishedMs, type Outbox, OutboxKeeper, relayAfterMs } from './outbox-keeper.ts'
import { VirtualClock } from './testing/virtual-clock.ts'

interface Row {
  readonly outboxId: number
  readonly createdAtMs: number
}

const log = createLogger({ name: 'test', level: 'silent' })

let clock: VirtualClock
let rows: Row[]
let marked: number[]
let published: number[]
let isAway: boolean
let isBusAway: boolean
let registry: Registry
let keeper: OutboxKeeper<Row>

beforeEach(() => {
  clock = new VirtualClock(100_000)
  rows = []
  marked = []
  published = []
  isAway = false
  isBusAway = false
  registry = createMetrics({ role: 'test', ofProcess: false })
  const { counter, gauge } = metersOf(registry, 'test')
  const outbox: Outbox<Row> = {
    async markPublished(ids) {
      if (isAway) throw new Error('away')
      marked.push(...ids)
      rows = rows.filter(({ outboxId }) => !ids.includes(outboxId))
    },
    unpublished: async (beforeMs, limit) =>
      rows.filter(({ createdAtMs }) => createdAtMs < beforeMs).slice(0, limit),
    oldestUnpublishedMs: async () => rows[0]?.createdAtMs,
    prune: async () => 0,
  }
  keeper = new OutboxKeeper({
    outbox,
    publish: (found) => {
      const told = isBusAway ? [] : found
      published.push(...told.map(({ outboxId }) => outboxId))
      return told
    },
    clock,
    log,
    metrics: { relayed: counter('relayed', 'rows'), outboxLagMs: gauge('lag', 'ms') },
  })
})

function commit(outboxId: number): void {
  rows.push({ outboxId, createdAtMs: clock.nowMs() })
}

test('a row is marked well before the relay takes it for lost', () => {
  expect(markPublishedMs).toBeLessThanOrEqual(relayAfterMs / 2)
})

test('what was published is marked together, a little later', async () => {
  for (const outboxId of [1, 2, 3]) keeper.published(outboxId)
  expect(marked).toEqual([])
  await clock.advanceAsync(markPublishedMs)
  expect(marked).toEqual([1, 2, 3])
  expect(clock.pending).toBe(0)
})

test('what nobody published is published once it is old enough, and marked', async () => {
  for (let outboxId = 1; outboxId <= 450; outboxId += 1) commit(outboxId)
  await keeper.tidy()
  expect(published).toEqual([])
  clock.advance(relayAfterMs + 1)
  commit(451)
  await keeper.tidy()
  expect(published).toHaveLength(450)
  expect(rows).toHaveLength(1)
})

test('rows which could not be marked are published again', async () => {
  commit(1)
  keeper.published(1)
  isAway = true
  await clock.advanceAsync(markPublishedMs)
  isAway = false
  clock.advance(relayAfterMs + 1)
  await keeper.tidy()
  expect(published).toEqual([1])
})

test('I14: what the bus has not taken is no less untold, and is told when it is back', async () => {
  commit(1)
  clock.advance(relayAfterMs + 1)
  isBusAway = true
  await keeper.tidy()
  expect(marked).toEqual([])
  isBusAway = false
  await keeper.tidy()
  expect(published).toEqual([1])
  expect(marked).toEqual([1])
})

test('the lag is the age of the oldest row that nobody was told of', async () => {
  commit(1)
  clock.advance(300)
  await keeper.tidy()
  const lag = await registry.getSingleMetric('test_lag')?.get()
  expect(lag?.values[0]?.value).toBe(300)
})
