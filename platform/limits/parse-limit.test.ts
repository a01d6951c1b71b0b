import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseLimit } from './parse-limit.ts'

test('limits are read as they are spelt', () => {
  expect(parseLimit('5/1s')).toEqual({ points: 5, windowMs: 1_000 })
  expect(parseLimit('30/1h')).toEqual({ points: 30, windowMs: 3_600_000 })
  expect(parseLimit('50/1s+100')).toEqual({ points: 50, windowMs: 1_000, burst: 100 })
  expect(parseLimit('1/250ms')).toEqual({ points: 1, windowMs: 250 })
  expect(parseLimit(' 7/1d ')).toEqual({ points: 7, windowMs: 86_400_000 })
  expect(parseLimit('off')).toBe('off')
})

test('what is no limit says what was expected', () => {
  const unreadable = [
    '',
    '5',
    '5/s',
    '5/1',
    '5/1w',
    '-5/1s',
    '5.5/1s',
    '5/1s+',
    '5/1s100',
    'OFF',
    '5 / 1s',
  ]
  for (const text of unreadable) expect(() => parseLimit(text), text).toThrow(/such as 5\/1s/u)
  for (const text of ['0/1s', '99999999999/1s']) {
    expect(() => parseLimit(text), text).toThrow(/of points between 1 and/u)
  }
  for (const text of ['5/0s', '5/2d', '5/99999999999999999h']) {
    expect(() => parseLimit(text), text).toThrow(/window is between 1ms and 1d/u)
  }
  expect(() => parseLimit('5/1s+0')).toThrow(/of burst between 1 and/u)
})

test('every limit within the bounds is read as what it was written from', () => {
  const points = fc.integer({ min: 1, max: 1_000_000_000 })
  const units = fc.constantFrom(['ms', 1] as const, ['s', 1_000] as const, ['m', 60_000] as const)
  const written = fc.tuple(points, fc.integer({ min: 1, max: 1_440 }), units, fc.option(points))
  fc.assert(
    fc.property(written, ([rate, count, [unit, ms], burst]) => {
      const text = `${rate}/${count}${unit}${burst === null ? '' : `+${burst}`}`
      const limit = { points: rate, windowMs: count * ms }
      expect(parseLimit(text)).toEqual(burst === null ? limit : { ...limit, burst })
    }),
  )
})

test('no text makes it throw anything but its own error', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        parseLimit(text)
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError)
      }
    }),
  )
})
