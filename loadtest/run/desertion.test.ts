import { expect, test } from 'vitest'
import { Desertion } from './desertion.ts'
import { Recorder } from './measures.ts'
import { Timeline } from './timeline.ts'

const minuteMs = 60_000

function timelineWith(connected: number, error?: string): Timeline {
  const recorder = new Recorder()
  recorder.level('connected', () => connected)
  if (error !== undefined) recorder.error(error)
  const timeline = new Timeline(0)
  timeline.add(0, recorder.take(), 1)
  return timeline
}

test('a run to which nobody comes is in vain, and says what went wrong most often', () => {
  const failure = new Desertion(0).failureAt(minuteMs, timelineWith(0, 'ECONNREFUSED'))
  expect(failure?.message).toContain('No device has been connected')
  expect(failure?.message).toContain('ECONNREFUSED')
})

test('a moment without anybody is borne: a herd comes back', () => {
  const desertion = new Desertion(0)
  expect(desertion.failureAt(minuteMs, timelineWith(1))).toBeUndefined()
  expect(desertion.failureAt(minuteMs + 10_000, timelineWith(0))).toBeUndefined()
  expect(desertion.failureAt(2 * minuteMs, timelineWith(0))).toBeDefined()
})

test('nobody needs to be connected while it is judged', () => {
  const timeline = timelineWith(0)
  timeline.enter('audit', 2)
  expect(new Desertion(0).failureAt(minuteMs, timeline)).toBeUndefined()
})
