import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { TellingPace } from './telling-pace.ts'

const limits = { everyMs: 200, burst: 3 }

test('a lot that was never told of does not rest, nor does one that is told of at the pace', () => {
  const pace = new TellingPace(limits)
  for (let nowMs = 1_000; nowMs < 10_000; nowMs += limits.everyMs) {
    expect(pace.restingMs(nowMs).size).toBe(0)
    pace.told(['lot'], nowMs)
  }
})

test('after its burst it rests until one more is due, and other lots do not', () => {
  const pace = new TellingPace(limits)
  for (const nowMs of [1_000, 1_020, 1_040]) pace.told(['hot'], nowMs)
  pace.told(['other'], 1_040)
  expect(pace.restingMs(1_040)).toEqual(new Map([['hot', 160]]))
  expect(pace.restingMs(1_199)).toEqual(new Map([['hot', 1]]))
  expect(pace.restingMs(1_200).size).toBe(0)
  pace.told(['hot'], 1_200)
  expect(pace.restingMs(1_200)).toEqual(new Map([['hot', 200]]))
})

test('after a quiet while it has its burst again', () => {
  const pace = new TellingPace(limits)
  for (const nowMs of [1_000, 1_000, 1_000]) pace.told(['lot'], nowMs)
  for (const nowMs of [5_000, 5_000]) pace.told(['lot'], nowMs)
  expect(pace.restingMs(5_000).size).toBe(0)
  pace.told(['lot'], 5_000)
  expect(pace.restingMs(5_000)).toEqual(new Map([['lot', 200]]))
})

test('whenever it is asked: no lot is told of more often than the pace and a burst allow', () => {
  const looks = fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 200 })
  fc.assert(
    fc.property(looks, (gapsMs) => {
      const pace = new TellingPace(limits)
      let nowMs = 1_000
      let tellings = 0
      for (const gapMs of gapsMs) {
        nowMs += gapMs
        if (pace.restingMs(nowMs).has('lot')) continue
        pace.told(['lot'], nowMs)
        tellings += 1
      }
      expect(tellings).toBeLessThanOrEqual(limits.burst + (nowMs - 1_000) / limits.everyMs)
    }),
  )
})
