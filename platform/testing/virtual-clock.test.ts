import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { VirtualClock } from './virtual-clock.ts'

test('timers fire in the order they are due, those due together in the order set', () => {
  const clock = new VirtualClock(1_000)
  const fired: string[] = []
  const note = (name: string) => () => fired.push(`${name} at ${clock.nowMs()}`)
  clock.after(30, note('c'))
  clock.after(10, note('a'))
  clock.after(30, note('d'))
  clock.after(20, note('b'))
  clock.advance(30)
  expect(fired).toEqual(['a at 1010', 'b at 1020', 'c at 1030', 'd at 1030'])
  expect(clock.nowMs()).toBe(1_030)
})

test('nothing fires before its time', () => {
  const clock = new VirtualClock()
  let fired = 0
  clock.after(10, () => {
    fired += 1
  })
  clock.advance(9)
  expect(fired).toBe(0)
  clock.advance(1)
  expect(fired).toBe(1)
})

test('a timer set by a timer fires within the same advance if it falls due', () => {
  const clock = new VirtualClock(0)
  const fired: number[] = []
  clock.after(10, () => {
    fired.push(clock.nowMs())
    clock.after(5, () => fired.push(clock.nowMs()))
    clock.after(50, () => fired.push(clock.nowMs()))
  })
  clock.advance(20)
  expect(fired).toEqual([10, 15])
  expect(clock.pending).toBe(1)
})

test('every repeats until cancelled, also by its own action', () => {
  const clock = new VirtualClock(0)
  const fired: number[] = []
  const timer = clock.every(10, () => {
    fired.push(clock.nowMs())
    if (fired.length === 3) timer.cancel()
  })
  clock.advance(25)
  expect(fired).toEqual([10, 20])
  clock.advance(100)
  expect(fired).toEqual([10, 20, 30])
  expect(clock.pending).toBe(0)
})

test('advanceAsync lets promises run between timers', async () => {
  const clock = new VirtualClock(0)
  const steps: string[] = []
  const waitThenNote = async (name: string) => {
    await new Promise<void>((resolve) => {
      clock.after(10, resolve)
    })
    steps.push(`${name} at ${clock.nowMs()}`)
  }
  const both = waitThenNote('first').then(() => waitThenNote('second'))
  await clock.advanceAsync(20)
  await both
  expect(steps).toEqual(['first at 10', 'second at 20'])
})

test('however the time is cut, the same timers fire in the same order', () => {
  const delays = fc.array(fc.nat(100), { maxLength: 30 })
  const cuts = fc.array(fc.nat(40), { minLength: 1, maxLength: 10 })
  fc.assert(
    fc.property(delays, cuts, (set, advances) => {
      const play = (parts: readonly number[]) => {
        const clock = new VirtualClock(0)
        const fired: string[] = []
        for (const [nth, delayMs] of set.entries()) {
          clock.after(delayMs, () => fired.push(`${nth} at ${clock.nowMs()}`))
        }
        for (const part of parts) clock.advance(part)
        return fired
      }
      const whole = advances.reduce((sum, part) => sum + part, 0)
      expect(play(advances)).toEqual(play([whole]))
    }),
  )
})
