import { expect, test } from 'vitest'
import { benchGrowth } from './growth.ts'

test('the cost of a bid, a delivery, a message and a page is measured at each size', async () => {
  const scale = { lots: [10, 20], messages: [1_000, 2_000], people: 8 }
  const section = await benchGrowth({ rounds: 1, seconds: 0.2, say: () => {} }, scale)

  expect(section.tables.map(({ rows }) => rows.length)).toEqual([2, 2, 2, 2])
  expect(section.conditions.join(' ')).toContain('2,000 messages are stored, where the goal says')
  expect(section.goals.map(({ goal }) => goal)).toEqual(['P17', 'P17', 'P17', 'P17'])
}, 240_000)
