import { expect, test } from 'vitest'
import { Desertion } from './desertion.ts'
import { Recorder } from './measures.ts'
import { Timeline } from './timeline.ts'

const minuteMs = 60_000
const plan = { connections: 2, ramp: 0 }

function timelineWith(connected: number, error?: string): Timeline {
  const recorder = new Recorder()
  recorder.level('connected', () => connected)
  if (error !== undefined) recorder.error(error)
  const timeline = new Timeline(0)
  timeline.add(0, recorder.take(), 1)
  return timeline
}

test('a run to which nobody comes is in vain, and says what went wrong most often', () => {
  const failure = new Desertion(0, plan).failureAt(minuteMs, timelineWith(0, 'ECONNREFUSED'))
  expect(failure?.message).toContain('No device has been connected')
  expect(failure?.message).toContain('ECONNREFUSED')
})

test('a moment without anybody is borne: a herd comes back', () => {
  const desertion = new Desertion(0, plan)
  expect(desertion.failureAt(minuteMs, timelineWith(1))).toBeUndefined()
  expect(desertion.failureAt(minuteMs + 10_000, timelineWith(0))).toBeUndefined()
  expect(desertion.failureAt(2 * minuteMs, timelineWith(0))).toBeDefined()
})

test('nobody needs to be connected while it is judged', () => {
  const timeline = timelineWith(0)
  timeline.enter('audit', 2)
  expect(new Desertion(0, plan).failureAt(minuteMs, timeline)).toBeUndefined()
})

test('a run to which not all come is in vain once none more comes for a minute', () => {
  const desertion = new Desertion(0, plan)
  expect(desertion.failureAt(minuteMs - 1, timelineWith(1))).toBeUndefined()
  expect(desertion.failureAt(2 * minuteMs - 2, timelineWith(1, 'HTTP 503'))).toBeUndefined()
  const failure = desertion.failureAt(2 * minuteMs, timelineWith(1, 'HTTP 503'))
  expect(failure?.message).toContain('Of 2 devices 1 came')
  expect(failure?.message).toContain('HTTP 503')
})

test('as soon as all were there, fewer of them are borne for as long as it takes', () => {
  const desertion = new Desertion(0, plan)
  const timeline = timelineWith(1)
  timeline.enter('perform', 2)
  expect(desertion.failureAt(minuteMs, timeline)).toBeUndefined()
  expect(desertion.failureAt(3 * minuteMs, timeline)).toBeUndefined()
})
