import { afterEach, describe, expect, test, vi } from 'vitest'
import { followWall, systemClock } from './system-clock.ts'
import { expectNoLeaks } from './testing/leak-check.ts'

expectNoLeaks()

/** A wall clock and a monotonic one, both under the test's hand. */
function sources(startMs: number) {
  const at = { wallMs: startMs, monotonicMs: 0 }
  const now = followWall({ wallMs: () => at.wallMs, monotonicMs: () => at.monotonicMs })
  const pass = (ms: number) => {
    at.wallMs += ms
    at.monotonicMs += ms
  }
  return { at, now, pass }
}

describe('the time told', () => {
  test('is that of the wall clock, in whole milliseconds', () => {
    const { now, pass } = sources(1_000)
    pass(250.75)
    expect(now()).toBe(1_250)
  })

  test('follows the wall clock forwards, as after a machine has slept', () => {
    const { at, now, pass } = sources(1_000)
    at.wallMs += 3_600_000
    pass(10)
    expect(now()).toBe(3_601_010)
  })

  test('neither runs backwards nor stands still when the wall clock is set back', () => {
    const { at, now, pass } = sources(10_000)
    at.wallMs -= 5_000
    expect(now()).toBe(10_000)
    pass(1_000)
    expect(now()).toBe(10_500)
    pass(4_000)
    expect(now()).toBe(12_500)
    // 10 s after it was set back by 5, the wall has caught up: half of the pace is won back.
    pass(5_000)
    expect(now()).toBe(15_000)
    pass(1_000)
    expect(now()).toBe(16_000)
  })

  test('is the same however often it is asked while it catches up', () => {
    const { at, now, pass } = sources(10_000)
    at.wallMs -= 5_000
    for (let asked = 0; asked < 1_000; asked += 1) {
      pass(1)
      now()
    }
    expect(now()).toBe(10_500)
  })
})

describe('timers', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  test('never fire before their time has passed', async () => {
    for (const delayMs of [0, 1, 1.5, 7]) {
      const beganAtMs = performance.now()
      const firedAtMs = await new Promise<number>((resolve) => {
        systemClock.after(delayMs, () => resolve(performance.now()))
      })
      expect(firedAtMs - beganAtMs).toBeGreaterThanOrEqual(delayMs)
    }
  })

  test('may be longer than the system allows, and then fire once', () => {
    vi.useFakeTimers()
    const dayMs = 86_400_000
    let fired = 0
    systemClock.after(60 * dayMs, () => {
      fired += 1
    })
    vi.advanceTimersByTime(60 * dayMs - 1)
    expect(fired).toBe(0)
    vi.advanceTimersByTime(60 * dayMs)
    expect(fired).toBe(1)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('fire no more once cancelled, and may be cancelled twice', () => {
    vi.useFakeTimers()
    let fired = 0
    const count = () => {
      fired += 1
    }
    const once = systemClock.after(10, count)
    const again = systemClock.every(10, count)
    vi.advanceTimersByTime(25)
    expect(fired).toBe(3)
    for (const timer of [once, again, once, again]) timer.cancel()
    vi.advanceTimersByTime(100)
    expect(fired).toBe(3)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('of no sensible length are refused', () => {
    for (const delayMs of [Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => systemClock.after(delayMs, () => {})).toThrow(/a delay is/u)
      expect(() => systemClock.every(delayMs, () => {})).toThrow(/no period/u)
    }
    expect(() => systemClock.every(0, () => {})).toThrow(/no period/u)
  })
})
