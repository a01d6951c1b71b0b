import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { quietUntilMs, wallClockMin } from './quiet-hours.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs

const clock = (text: string): number => {
  const [hours = 0, minutes = 0] = text.split(':').map(Number)
  return 60 * hours + minutes
}

/** When it is over, as ISO in UTC; or `loud`. */
function over(timeZone: string, from: string, to: string, now: string): string {
  const quiet = { timeZone, fromMin: clock(from), toMin: clock(to) }
  const untilMs = quietUntilMs(quiet, Date.parse(now))
  return untilMs === undefined ? 'loud' : new Date(untilMs).toISOString().slice(0, 16)
}

describe('on an ordinary day', () => {
  test.each([
    ['Europe/Berlin', '22:00', '07:00', '2026-07-01T19:59:59Z', 'loud'],
    ['Europe/Berlin', '22:00', '07:00', '2026-07-01T20:00:00Z', '2026-07-02T05:00'],
    ['Europe/Berlin', '22:00', '07:00', '2026-07-02T04:59:59Z', '2026-07-02T05:00'],
    ['Europe/Berlin', '22:00', '07:00', '2026-07-02T05:00:00Z', 'loud'],
    ['Europe/Berlin', '22:00', '07:00', '2026-01-02T04:59:59Z', '2026-01-02T06:00'],
    ['Asia/Kolkata', '13:00', '14:30', '2026-01-02T08:00:00Z', '2026-01-02T09:00'],
    ['Asia/Kathmandu', '00:00', '00:01', '2026-01-01T18:15:30Z', '2026-01-01T18:16'],
    ['Pacific/Kiritimati', '22:00', '06:00', '2026-01-01T10:00:00Z', '2026-01-01T16:00'],
    ['America/St_Johns', '23:59', '23:58', '2026-01-01T12:00:00Z', '2026-01-02T03:28'],
    ['UTC', '00:00', '12:00', '2026-01-01T00:00:00Z', '2026-01-01T12:00'],
  ])('%s, %s to %s, at %s: %s', (timeZone, from, to, now, expected) => {
    expect(over(timeZone, from, to, now)).toBe(expected)
  })
})

describe('on the night when the clocks change', () => {
  // Berlin: 2026-03-29 02:00 → 03:00 (01:00 UTC), 2026-10-25 03:00 → 02:00 (01:00 UTC).
  test.each([
    ['forward, between', '22:00', '07:00', '2026-03-28T22:00:00Z', '2026-03-29T05:00'],
    ['back, between', '22:00', '07:00', '2026-10-24T21:00:00Z', '2026-10-25T06:00'],
    ['forward, over the end', '22:00', '02:30', '2026-03-28T22:00:00Z', '2026-03-29T01:30'],
    ['back, the first of two ends', '22:00', '02:30', '2026-10-24T21:00:00Z', '2026-10-25T00:30'],
    [
      'back, in the hour that comes twice',
      '22:00',
      '02:30',
      '2026-10-25T01:10:00Z',
      '2026-10-25T01:30',
    ],
  ])('%s', (_, from, to, now, expected) => {
    expect(over('Europe/Berlin', from, to, now)).toBe(expected)
  })

  test('by half an hour, where that is the custom', () => {
    // Lord Howe: 2026-04-05 02:00 → 01:30 (15:00 UTC the day before).
    expect(over('Australia/Lord_Howe', '22:00', '07:00', '2026-04-04T12:00:00Z')).toBe(
      '2026-04-04T20:30',
    )
  })
})

test('anywhere and any time: it is over soon, when the wall clock says so, and then it is loud', () => {
  const zones = Intl.supportedValuesOf('timeZone')
  const time = fc.nat(24 * 60 - 1)
  fc.assert(
    fc.property(
      fc.constantFrom(...zones),
      time,
      time,
      fc.integer({ min: Date.UTC(2020, 0), max: Date.UTC(2037, 0) }),
      (timeZone, fromMin, toMin, nowMs) => {
        fc.pre(fromMin !== toMin)
        const quiet = { timeZone, fromMin, toMin }
        const untilMs = quietUntilMs(quiet, nowMs)
        if (untilMs === undefined) return
        expect(untilMs).toBeGreaterThan(nowMs)
        expect(untilMs - nowMs).toBeLessThanOrEqual(25 * hourMs)
        expect(quietUntilMs(quiet, untilMs)).toBeUndefined()
        const offBy = Math.abs(wallClockMin(timeZone, untilMs) - toMin)
        // Another time than asked for only where that time is leapt over.
        if (offBy !== 0) expect(wallClockMin(timeZone, untilMs - hourMs)).not.toBe(toMin - 60)
        expect(Math.min(offBy, 24 * 60 - offBy)).toBeLessThanOrEqual(60)
      },
    ),
    { numRuns: 2_000 },
  )
})
