import { expect, test } from 'vitest'
import { measureBids } from './bids.ts'

test('every way of making bids durable stores what it answered, and has its row', async () => {
  const section = await measureBids({
    rounds: 1,
    seconds: 0.2,
    bidders: 4,
    lots: [1, 3],
    plainLots: [1],
    say: () => {},
  })

  expect(section.tables.map(({ rows }) => rows.length)).toEqual([4, 2])
  expect(section.goals.map(({ goal }) => goal)).toEqual(['P4', 'P4', 'P8', 'P8'])
  const [hotLot] = section.goals
  expect(hotLot?.boundBy).toMatch(/a commit, of [1-9][^ ]* bids, was under way [1-9][^ ]* % of/)
}, 120_000)
