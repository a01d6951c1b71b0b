// The spelling of limits in the environment: `5/1s`, `30/1h`, `50/1s+100`, `off`.
import type { Limit } from './limits.ts'

/** A limit, or none at all. */
export type LimitSetting = Limit | 'off'

const spelling = /^(\d+)\/(\d+)(ms|s|m|h|d)(?:\+(\d+))?$/u
const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}
/** Counting longer than a day is not what a limit in memory is for; timers end at 24 days too. */
const windowMsMax = 86_400_000
const windowExpected = 'expected a limit whose window is between 1ms and 1d'
const pointsMax = 1_000_000_000

/**
 * Reads `POINTS/WINDOW`, `POINTS/WINDOW+BURST` or `off`.
 * @throws RangeError that says what was expected; the text itself is for the caller to add.
 */
export function parseLimit(text: string): LimitSetting {
  const trimmed = text.trim()
  if (trimmed === 'off') return 'off'
  const [, points, window, unit, burst] = spelling.exec(trimmed) ?? []
  if (points === undefined || window === undefined || unit === undefined) {
    throw new RangeError('expected a limit such as 5/1s, 30/1h, 50/1s+100 (with a burst) or off')
  }
  const limit = {
    points: counted('points', points),
    windowMs: inRange(Number(window) * (unitMs[unit] ?? Number.NaN), windowMsMax, windowExpected),
  }
  if (burst === undefined) return limit
  return { ...limit, burst: counted('burst', burst) }
}

function counted(what: string, digits: string): number {
  return inRange(
    Number(digits),
    pointsMax,
    `expected a limit of ${what} between 1 and ${pointsMax}`,
  )
}

function inRange(value: number, max: number, expected: string): number {
  if (value >= 1 && value <= max) return value
  throw new RangeError(expected)
}
