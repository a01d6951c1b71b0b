import { expect, test } from 'vitest'
import { estimateOf, sketchOf } from './user-sketch.ts'

const people = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, nth) => `user-${from + nth}`)

test('nobody is nobody, and one is one however often', () => {
  expect(estimateOf([sketchOf([])])).toBe(0)
  expect(estimateOf([sketchOf(['ann', 'ann']), sketchOf(['ann'])])).toBe(1)
})

test.each([100, 1_000, 10_000, 60_000])('%i users are told within three in a hundred', (count) => {
  const estimate = estimateOf([sketchOf(people(0, count))])
  expect(Math.abs(estimate - count)).toBeLessThanOrEqual(Math.max(2, count * 0.03))
})

test('who is in several crowds counts once', () => {
  const estimate = estimateOf([sketchOf(people(0, 6_000)), sketchOf(people(3_000, 9_000))])
  expect(estimate).toBeGreaterThan(9_000 * 0.97)
  expect(estimate).toBeLessThan(9_000 * 1.03)
})

test('a map that is full has an estimate that is a number', () => {
  expect(Number.isFinite(estimateOf([new Uint8Array(2_048).fill(255)]))).toBe(true)
})
