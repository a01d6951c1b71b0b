import { expect, test } from 'vitest'
import { closedLoop } from './closed-loop.ts'
import { describeReport, median, type Series } from './report.ts'

function series(way: string, conversations: number, perSecond: readonly number[]): Series {
  return { way, says: 'as it is', conversations, perSecond, medianMs: [1], p99Ms: [2] }
}

test('a disturbed round does not move the median', () => {
  expect(median([900, 10, 1_100])).toBe(900)
})

test('ways are compared with the first one on as many conversations', () => {
  const text = describeReport({
    conditions: {
      cores: 2,
      node: '22.0.0',
      postgres: '18.0',
      fsync: 'on',
      textCharacters: 80,
      rounds: 3,
      secondsEach: 2,
    },
    series: [
      series('slow', 1, [100, 100, 90]),
      series('slow', 64, [400, 400, 400]),
      series('fast', 1, [5_000, 1, 6_000]),
      series('fast', 64, [6_000, 6_000, 6_000]),
    ],
  })
  expect(text).toMatch(/on one conversation +messages\/s +ratio/)
  expect(text).toMatch(/fast +5000 +50\.0× /)
  expect(text).toMatch(/fast +6000 +15\.0× /)
  expect(text).toContain('2 cores')
  expect(text).toContain('fsync on')
})

test('a sender sends the next message when the one before is answered', async () => {
  let underWay = 0
  let mostUnderWay = 0
  const measured = await closedLoop({
    senders: 4,
    warmUpMs: 0,
    measureMs: 30,
    send: async () => {
      underWay += 1
      mostUnderWay = Math.max(mostUnderWay, underWay)
      await new Promise((resolve) => setImmediate(resolve))
      underWay -= 1
    },
  })
  expect(mostUnderWay).toBe(4)
  expect(measured.sent).toBeGreaterThanOrEqual(measured.messages)
  expect(measured.messages).toBeGreaterThan(0)
})

test('a message that was not taken ends the run', async () => {
  const refusal = new Error('not taken')
  const running = closedLoop({
    senders: 1,
    warmUpMs: 0,
    measureMs: 1_000,
    send: () => Promise.reject(refusal),
  })
  await expect(running).rejects.toBe(refusal)
})
