import * as fc from 'fast-check'
import { beforeEach, expect, test } from 'vitest'
import { VirtualClock } from '../testing/virtual-clock.ts'
import { Deadlines, type Expiring } from './deadlines.ts'

let clock: VirtualClock
let deadlines: Deadlines
let expired: string[]

beforeEach(() => {
  clock = new VirtualClock(0)
  deadlines = new Deadlines(clock)
  expired = []
})

const item = (name: string, timeoutMs: number, then: () => void = () => {}): Expiring => ({
  timeoutMs,
  dueMs: 0,
  expire: () => {
    expired.push(`${name} at ${clock.nowMs()}`)
    then()
  },
})

test('many that wait equally long share one timer', () => {
  const items = Array.from({ length: 100 }, (_, nth) => item(String(nth), 50))
  for (const each of items) deadlines.add(each)
  expect(clock.pending).toBe(1)
  for (const each of items) deadlines.remove(each)
  clock.advance(1_000)
  expect(expired).toEqual([])
  expect(clock.pending).toBe(0)
})

test('one that is added while another expires has its own time', () => {
  deadlines.add(
    item('a', 10, () => {
      deadlines.add(item('b', 10))
      deadlines.add(item('c', 5))
    }),
  )
  clock.advance(100)
  expect(expired).toEqual(['a at 10', 'c at 15', 'b at 20'])
  expect(clock.pending).toBe(0)
})

test('one that removes others as it expires takes them along', () => {
  const other = item('b', 10)
  deadlines.add(item('a', 10, () => deadlines.remove(other)))
  deadlines.add(other)
  clock.advance(100)
  expect(expired).toEqual(['a at 10'])
})

test('each expires at its own time, unless it was removed before', () => {
  const plans = fc.array(
    fc.record({
      afterMs: fc.nat(20),
      timeoutMs: fc.constantFrom(5, 10, 30),
      // Never just when it is due: what comes first then is left open.
      removedAfterMs: fc.option(
        fc.nat(40).map((ms) => ms + 0.5),
        { nil: undefined },
      ),
    }),
    { maxLength: 40 },
  )
  fc.assert(
    fc.property(plans, (planned) => {
      clock = new VirtualClock(0)
      deadlines = new Deadlines(clock)
      expired = []
      const expected: string[] = []
      for (const [nth, { afterMs, timeoutMs, removedAfterMs }] of planned.entries()) {
        clock.advance(afterMs)
        const one = item(String(nth), timeoutMs)
        deadlines.add(one)
        if (removedAfterMs === undefined || removedAfterMs > timeoutMs) {
          expected.push(`${nth} at ${clock.nowMs() + timeoutMs}`)
        }
        if (removedAfterMs !== undefined) clock.after(removedAfterMs, () => deadlines.remove(one))
      }
      clock.advance(1_000)
      expect(expired.toSorted()).toEqual(expected.toSorted())
      expect(clock.pending).toBe(0)
    }),
  )
})
