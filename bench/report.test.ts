import { expect, test } from 'vitest'
import { closedLoop } from './closed-loop.ts'
import { describeSection, figure, median, ratio } from './report.ts'

test('a disturbed round does not move the median', () => {
  expect(median([900, 10, 1_100])).toBe(900)
})

test('a section is a page of text with its columns in line', () => {
  const text = describeSection({
    name: 'bids',
    title: 'Durable bids',
    says: 'How many bids become durable.',
    conditions: ['fsync on.'],
    tables: [
      {
        title: 'On one lot',
        head: ['', 'bids/s', 'ratio'],
        rows: [
          ['naive', figure(1_176), ratio(1_176, 1_176)],
          ['Outcry', figure(90_000), ratio(90_000, 1_176)],
        ],
      },
    ],
    goals: [{ goal: 'P4', says: 'over NATS', wanted: '≥ 30 ×', measured: '29 ×', holds: false }],
  })
  expect(text.split('\n').slice(5, 9)).toEqual([
    'On one lot',
    '        bids/s   ratio',
    'naive    1,176     1 ×',
    'Outcry  90,000  76.5 ×',
  ])
  expect(text).toContain('P4 MISSED: over NATS: 29 ×, wanted ≥ 30 ×')
})

test('there is no ratio to nothing', () => {
  expect(ratio(3, 0)).toBe('–')
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
