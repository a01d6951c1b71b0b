import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { TellingPace } from './telling-pace.ts'

const limits = { everyMs: 200, noticesPerSecond: 100, everyMsMax: 1_000, burst: 3 }

/** Lots that were told of, each by few notifications. */
const few = (...lotIds: string[]) => new Map(lotIds.map((lotId) => [lotId, 2]))

test('a lot that was never told of does not rest, nor does one that is told of at the pace', () => {
  const pace = new TellingPace(limits)
  for (let nowMs = 1_000; nowMs < 10_000; nowMs += limits.everyMs) {
    expect(pace.restingMs(nowMs).size).toBe(0)
    pace.told(few('lot'), nowMs)
  }
})

test('after its burst it rests until one more is due, and other lots do not', () => {
  const pace = new TellingPace(limits)
  for (const nowMs of [1_000, 1_020, 1_040]) pace.told(few('hot'), nowMs)
  pace.told(few('other'), 1_040)
  expect(pace.restingMs(1_040)).toEqual(new Map([['hot', 160]]))
  expect(pace.restingMs(1_199)).toEqual(new Map([['hot', 1]]))
  expect(pace.restingMs(1_200).size).toBe(0)
  pace.told(few('hot'), 1_200)
  expect(pace.restingMs(1_200)).toEqual(new Map([['hot', 200]]))
})

test('after a quiet while it has its burst again', () => {
  const pace = new TellingPace(limits)
  for (const nowMs of [1_000, 1_000, 1_000]) pace.told(few('lot'), nowMs)
  for (const nowMs of [5_000, 5_000]) pace.told(few('lot'), nowMs)
  expect(pace.restingMs(5_000).size).toBe(0)
  pace.told(few('lot'), 5_000)
  expect(pace.restingMs(5_000)).toEqual(new Map([['lot', 200]]))
})

test.each([
  [20, 200],
  [21, 210],
  [80, 800],
  [1_000, 1_000],
])(
  'of a hot lot that brings %i notifications at a time it is told each %i ms',
  (notices, everyMs) => {
    const pace = new TellingPace(limits)
    const lots = new Map([['hot', notices]])
    let nowMs = 1_000
    // Until it is hot.
    while (!pace.rests('hot', nowMs)) pace.told(lots, nowMs)
    nowMs += pace.restingMs(nowMs).get('hot') ?? 0
    for (let tellings = 0; tellings < 5; tellings += 1) {
      pace.told(lots, nowMs)
      expect(pace.restingMs(nowMs)).toEqual(new Map([['hot', everyMs]]))
      nowMs += everyMs
    }
  },
)

test('a lot that brings few notifications again is told of as often as before', () => {
  const pace = new TellingPace(limits)
  pace.told(new Map([['lot', 1_000]]), 1_000)
  expect(pace.restingMs(1_000)).toEqual(new Map([['lot', 600]]))
  for (let nowMs = 1_600; nowMs < 5_000; nowMs += limits.everyMs) {
    expect(pace.rests('lot', nowMs)).toBe(false)
    pace.told(few('lot'), nowMs)
  }
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
        pace.told(few('lot'), nowMs)
        tellings += 1
      }
      expect(tellings).toBeLessThanOrEqual(limits.burst + (nowMs - 1_000) / limits.everyMs)
    }),
  )
})

test('whenever it is asked: no lot rests for longer than the longest rest, whatever it brought', () => {
  const notices = fc.array(fc.integer({ min: 0, max: 1_000 }), { minLength: 1, maxLength: 50 })
  fc.assert(
    fc.property(notices, (brought) => {
      const pace = new TellingPace(limits)
      let nowMs = 1_000
      for (const each of brought) {
        const restMs = pace.restingMs(nowMs).get('lot') ?? 0
        expect(restMs).toBeLessThanOrEqual(limits.everyMsMax)
        nowMs += restMs
        pace.told(new Map([['lot', each]]), nowMs)
      }
    }),
  )
})
