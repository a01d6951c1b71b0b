// The benches themselves, at a scale that says nothing about speed: every peer runs, every delivery is checked,
// and the section holds what it promises.
import { expect, test } from 'vitest'
import type { Section } from '../section.ts'
import { benchConnections } from './connections.ts'
import { benchFanout } from './fanout.ts'

const options = { rounds: 1, seconds: 0.1, say: () => {} }
const everybody = new Set([
  'uWebSockets.js alone',
  'Outcry',
  'ws',
  'Socket.IO',
  'Socket.IO on uWebSockets.js',
])
const patienceMs = 180_000

function expectWhole({ tables }: Section): void {
  for (const { title, head, rows } of tables) {
    for (const row of rows) expect(row, title).toHaveLength(head.length)
    expect(rows.flat().join(' '), title).not.toMatch(/NaN|Infinity|undefined/)
  }
}

test('the fan-out of every peer is measured, and a storm of bids', {
  timeout: patienceMs,
}, async () => {
  const storm = { watchers: 10, bidsPerSecond: 100, secondsMin: 0.3 }
  const section = await benchFanout(options, { watchers: [20], storm })
  expectWhole(section)
  expect(section.tables.map(({ title }) => title)).toEqual([
    '20 watchers, 1 short event a tick',
    '20 watchers, 8 short events a tick',
    '20 watchers, 32 short events a tick',
    '20 watchers, 128 short events a tick',
    'A storm of bids, 10 watchers',
  ])
  const [one] = section.tables
  expect(new Set(one?.rows.map(([peer]) => peer))).toEqual(everybody)
  expect(section.goals.map(({ goal }) => goal)).toEqual([
    'P1',
    'P1',
    'P1',
    'P14',
    'P14',
    'P10',
    'P10',
  ])
})

test('what connections cost is measured', { timeout: patienceMs }, async () => {
  const scale = { peers: ['raw', 'outcry'], fewer: 20, held: 40, idleSeconds: 0.1 } as const
  const section = await benchConnections(options, scale)
  expectWhole(section)
  for (const { rows } of section.tables) {
    expect(rows.map(([peer]) => peer)).toEqual(['uWebSockets.js alone', 'Outcry'])
  }
  expect(section.goals.map(({ goal }) => goal)).toEqual(['P2', 'P2', 'P3', 'P3', 'P13'])
})
