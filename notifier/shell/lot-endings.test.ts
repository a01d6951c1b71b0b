import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Bus } from '../../platform/bus/bus.ts'
import { createInProcessBus } from '../../platform/bus/in-process-bus.ts'
import { createLogger } from '../../platform/log.ts'
import { createMetrics } from '../../platform/metrics.ts'
import { VirtualClock } from '../../platform/testing/virtual-clock.ts'
import type { UserEvents } from '../../protocol/notifications.ts'
import { userEventsSubject } from '../../protocol/subjects.ts'
import { endingPeriodMs, endingSoonMs } from '../limits.ts'
import type { LotEndings } from '../ports/lot-endings.ts'
import { createFeedMetrics } from './feed-teller.metrics.ts'
import { LotEndingTeller } from './lot-endings.ts'

const feed: UserEvents = { userId: 'ann', events: [{ seq: 1, type: 'lot_ending', at: 1 }] }

let clock: VirtualClock
let bus: Bus
let heard: unknown[]
let asked: number[][]
/** What each look brings; then nothing. */
let brings: (Awaited<ReturnType<LotEndings['tell']>> | Error)[]
let teller: LotEndingTeller

beforeEach(async () => {
  clock = new VirtualClock(1_000)
  bus = createInProcessBus({ copy: true, clock })
  heard = []
  asked = []
  brings = []
  await bus.listen(userEventsSubject('ann'), (message) => heard.push(message))
  const metrics = createFeedMetrics(createMetrics({ role: 'test', ofProcess: false }))
  const endings: LotEndings = {
    async tell(nowMs, untilMs) {
      asked.push([nowMs, untilMs])
      const next = brings.shift() ?? { feeds: [], left: false }
      if (next instanceof Error) throw next
      return next
    },
  }
  const log = createLogger({ name: 'test', level: 'silent' })
  teller = new LotEndingTeller({ endings, bus, clock, log, metrics })
  await teller.start()
})
afterEach(async () => {
  await teller.stop()
  expect(clock.pending).toBe(0)
})

test('it looks every few seconds, for what ends within minutes, and announces it', async () => {
  brings.push({ feeds: [feed], left: false })
  await clock.advanceAsync(endingPeriodMs)
  expect(heard).toEqual([feed])
  const nowMs = 1_000 + endingPeriodMs
  expect(asked).toEqual([[nowMs, nowMs + endingSoonMs]])
  await clock.advanceAsync(endingPeriodMs)
  expect(asked).toHaveLength(2)
})

test('where more is left it looks again at once', async () => {
  brings.push({ feeds: [feed], left: true }, { feeds: [feed], left: true })
  await clock.advanceAsync(endingPeriodMs)
  expect(asked).toHaveLength(3)
  expect(heard).toEqual([feed, feed])
})

test('a database that is away is asked again the next time', async () => {
  brings.push(new Error('away'), { feeds: [feed], left: false })
  await clock.advanceAsync(2 * endingPeriodMs)
  expect(heard).toEqual([feed])
})
