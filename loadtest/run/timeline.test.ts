import { expect, test } from 'vitest'
import { Recorder, type Sample } from './measures.ts'
import { Timeline } from './timeline.ts'

function sampleOf(connected: number, sent: number): Sample {
  const recorder = new Recorder()
  recorder.level('connected', () => connected)
  recorder.count('sent', sent)
  return recorder.take()
}

test('a process that samples twice in a second, or not at all, changes no level', () => {
  const timeline = new Timeline(0)
  timeline.add(0, sampleOf(10, 1), 1_001)
  timeline.add(1, sampleOf(20, 1), 1_050)
  timeline.add(0, sampleOf(11, 1), 1_999)
  timeline.add(0, sampleOf(12, 1), 3_000)
  expect(timeline.seconds.map(({ at, levels }) => [at, levels.connected])).toEqual([
    [1, 31],
    [3, 32],
  ])
  expect(timeline.latest).toMatchObject({ at: 1, levels: { connected: 32 } })
})

test('the ramp is not measured, and rates are over the time that was', () => {
  const timeline = new Timeline(0)
  timeline.add(0, sampleOf(1, 100), 900)
  timeline.enter('perform', 1_000)
  timeline.add(0, sampleOf(1, 7), 2_000)
  timeline.enter('audit', 3_500)
  timeline.add(0, sampleOf(1, 1_000), 4_000)
  expect(timeline.ramp.counts.get('sent')).toBe(100)
  expect(timeline.measured.counts.get('sent')).toBe(7)
  expect(timeline.whole.counts.get('sent')).toBe(1_107)
  expect(timeline.performedSeconds).toBe(2.5)
})

test('a run that breaks off was measured until its last sample', () => {
  const timeline = new Timeline(0)
  timeline.enter('perform', 1_000)
  timeline.add(0, sampleOf(1, 7), 5_000)
  expect(timeline.performedSeconds).toBe(4)
})

test('seconds stay, in their order, after their histograms are gone', () => {
  const timeline = new Timeline(0)
  for (let second = 0; second < 20; second += 1) {
    const recorder = new Recorder()
    recorder.time('bid', second + 1)
    timeline.add(0, recorder.take(), second * 1_000)
    timeline.read('gateway', { connections: second }, second * 1_000 + 1)
  }
  const { seconds } = timeline
  expect(seconds.map(({ at }) => at)).toEqual(Array.from({ length: 20 }, (_, at) => at))
  expect(seconds.map(({ servers }) => servers['gateway']?.connections)).toEqual(
    seconds.map(({ at }) => at),
  )
  for (const { at, latencies } of seconds) {
    expect(latencies.bid?.max).toBeCloseTo(at + 1, 0)
  }
})
