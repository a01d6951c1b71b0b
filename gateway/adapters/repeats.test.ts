import {
  array,
  assert as assertProperty,
  asyncProperty,
  constantFrom,
  nat,
  record,
} from 'fast-check'
import { expect, test } from 'vitest'
import { createMetrics } from '../../platform/metrics.ts'
import { VirtualClock } from '../../platform/testing/virtual-clock.ts'
import { askAgainAfterMs } from '../limits.ts'
import { createRepeatMetrics } from './repeat-metrics.ts'
import { Repeats, type Waiting } from './repeats.ts'

class TestRequest implements Waiting {
  dueMs = 0
  before: Waiting | undefined
  after: Waiting | undefined
  readonly nth: number
  readonly #onOverdue: (nth: number) => void

  constructor(nth: number, onOverdue: (nth: number) => void) {
    this.nth = nth
    this.#onOverdue = onOverdue
  }

  overdue(): void {
    this.#onOverdue(this.nth)
  }
}

test('whoever has waited for long enough is told so once, in order, unless it is forgotten before', async () => {
  const happenings = array(
    record({ happens: constantFrom('asks', 'is_answered', 'pause'), nth: nat(5), ms: nat(200) }),
    { maxLength: 60 },
  )
  await assertProperty(
    asyncProperty(happenings, async (all) => {
      const clock = new VirtualClock(0)
      const metrics = createRepeatMetrics(createMetrics({ role: 'test', ofProcess: false }))
      const repeats = new Repeats({ clock, metrics })
      const told: number[] = []
      const waiting: TestRequest[] = []
      const asked = new Map<number, number>()
      const answered = new Set<number>()
      for (const { happens, nth, ms } of all) {
        if (happens === 'pause') await clock.advanceAsync(ms)
        else if (happens === 'asks') {
          const request = new TestRequest(asked.size, (each) => void told.push(each))
          asked.set(request.nth, clock.nowMs())
          waiting.push(request)
          repeats.watch(request, clock.nowMs())
        } else {
          const request = waiting.splice(nth, 1)[0]
          if (request === undefined || told.includes(request.nth)) continue
          answered.add(request.nth)
          repeats.forget(request)
        }
        const isDue = ([each, atMs]: readonly [number, number]) =>
          !answered.has(each) && clock.nowMs() >= atMs + askAgainAfterMs
        expect(told.filter((each) => !answered.has(each))).toEqual(
          [...asked].filter(isDue).map(([each]) => each),
        )
      }
      await clock.advanceAsync(2 * askAgainAfterMs)
      expect(told).toEqual([...asked.keys()].filter((nth) => !answered.has(nth)))
      expect(clock.pending).toBe(0)
    }),
  )
})
