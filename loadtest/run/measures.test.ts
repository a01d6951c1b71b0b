import { expect, test } from 'vitest'
import { Recorder, Tally } from './measures.ts'

test('what several processes measured in a second is one', () => {
  const [one, other] = [new Recorder(), new Recorder()]
  for (let ms = 1; ms <= 100; ms += 1) (ms % 2 === 0 ? one : other).time('bid', ms)
  one.count('sent', 50)
  other.count('sent', 51)
  other.error('HTTP 503')
  const tally = new Tally()
  for (const recorder of [one, other]) tally.add(recorder.take())
  expect(tally.counts.get('sent')).toBe(101)
  expect(tally.errors.get('HTTP 503')).toBe(1)
  const { count, p50 = 0, p99 = 0, max = 0 } = tally.latency('bid') ?? {}
  expect(count).toBe(100)
  // Two digits are right.
  expect(Math.abs(p50 - 50)).toBeLessThanOrEqual(1)
  expect(Math.abs(p99 - 99)).toBeLessThanOrEqual(1)
  expect(Math.abs(max - 100)).toBeLessThanOrEqual(1)
})

test('a second is given away once', () => {
  const recorder = new Recorder()
  recorder.count('sent')
  recorder.time('bid', 1)
  recorder.error('lost')
  recorder.take()
  expect(recorder.take()).toEqual({ counts: {}, levels: {}, latencies: {}, errors: {} })
})

test('nothing timed has no percentiles', () => {
  expect(new Tally().latency('bid')).toBeUndefined()
})

test('a server that fails in a new way each time fills no memory', () => {
  const recorder = new Recorder()
  for (let nth = 0; nth < 1_000; nth += 1) recorder.error(`fault ${nth}`)
  const { errors } = recorder.take()
  expect(Object.keys(errors)).toHaveLength(101)
  expect(errors['others']).toBe(900)
})
