import { expect, test } from 'vitest'
import { measureEndToEnd } from './end-to-end.ts'

test('every server takes bids over sockets, stores what it answered, and has its rows', async () => {
  const section = await measureEndToEnd({ rounds: 1, seconds: 0.3, bidders: 4, say: () => {} })

  const [rates, costs, parts] = section.tables
  expect(rates?.rows.map(([name]) => name)).toEqual([
    'one transaction per bid',
    'prototype',
    'Outcry, one process',
    'Outcry, through NATS',
    'the same, at half of that rate',
  ])
  const stored = section.conditions.find((says) => says.startsWith('Bids that were accepted'))
  expect(stored).toMatch(
    /: [1-9][^ ]* \(one transaction.*, [1-9][^ ]* \(prototype.*, [1-9][^ ]* \(Outcry, one.*, [1-9][^ ]* \(Outcry, through/,
  )
  expect(costs?.rows).toHaveLength(5)
  expect(parts?.rows.map(([name]) => name)).toEqual([
    'NATS',
    'Redis',
    'engine',
    'notifier',
    'gateway',
  ])
  expect(section.goals.map(({ goal }) => goal)).toEqual(['P5', 'P5', 'P5', 'P6', 'P6', 'P6'])
}, 300_000)
