import { expect, test } from 'vitest'
import { measureChat } from './chat.ts'

test('every way of making messages durable stores what it answered, also from socket to socket', async () => {
  const section = await measureChat({ rounds: 1, seconds: 0.2, talkers: 4, say: () => {} })

  expect(section.tables.map(({ rows }) => rows.length)).toEqual([4, 4, 3])
  expect(section.goals.map(({ goal }) => goal)).toEqual(['P9', 'P9', 'P9'])
  expect(JSON.stringify(section)).not.toMatch(/NaN|undefined|Infinity/)
}, 180_000)
