import { expect, test } from 'vitest'
import { decideDigest, type Waiting } from './digest.ts'

const nowMs = Date.UTC(2026, 6, 1, 12)
const device = { platform: 'android', locale: 'en' } as const
const waits = (seq: number, type: Waiting['type'], isOver = false): Waiting => ({
  seq,
  type,
  isOver,
})

test('tells how many messages and how many others there are that are not over', () => {
  const waiting = [
    waits(1, 'message'),
    waits(2, 'message', true),
    waits(3, 'offer'),
    waits(4, 'message', true),
  ]
  expect(decideDigest({ device, waiting, unread: 2 }, nowMs)).toEqual({
    type: 'send',
    lastSeq: 3,
    count: 2,
    messages: 1,
    others: 1,
  })
})

test('of nothing, or to nobody, is none', () => {
  const waiting = [waits(1, 'message', true)]
  expect(decideDigest({ device, waiting, unread: 0 }, nowMs)).toEqual({ type: 'skip' })
  expect(decideDigest({ waiting: [waits(1, 'message')], unread: 1 }, nowMs)).toEqual({
    type: 'skip',
  })
})

test('waits for the end of quiet hours', () => {
  const quiet = { timeZone: 'UTC', fromMin: 0, toMin: 13 * 60 }
  const waiting = [waits(1, 'message')]
  expect(decideDigest({ device: { ...device, quiet }, waiting, unread: 1 }, nowMs)).toEqual({
    type: 'later',
    untilMs: nowMs + 3_600_000,
  })
})
