import { describe, expect, test } from 'vitest'
import { VirtualClock } from '../platform/testing/virtual-clock.ts'
import { createRows, type Row, stateOf, stateOfEnd } from './rows.ts'

test('a row tells since when it is in its state, and only of what is new', () => {
  const clock = new VirtualClock(1_000)
  const changed: Row[] = []
  const rows = createRows(['nats', 'engine-1'], clock, (row) => changed.push(row))
  rows.change('engine-1', { pid: 7, state: 'starting' })
  clock.advance(500)
  rows.change('engine-1', { state: 'starting' })
  rows.change('engine-1', { metricsPort: 9464, state: 'running' })
  clock.advance(500)
  rows.change('engine-1', { state: 'running' })
  expect(changed).toEqual([
    { name: 'engine-1', pid: 7, state: 'starting', sinceMs: 1_000 },
    { name: 'engine-1', pid: 7, metricsPort: 9464, state: 'running', sinceMs: 1_500 },
  ])
  expect(rows.all[0]).toEqual({ name: 'nats', state: 'waiting', sinceMs: 1_000 })
})

describe('the state of a role', () => {
  test.each([
    [[], 'running'],
    [['start'], 'starting'],
    [['end', 'NATS'], 'draining'],
    [['NATS', 'PostgreSQL'], 'not ready: NATS, PostgreSQL'],
  ])('that misses %j is: %s', (missing, state) => {
    expect(stateOf(missing)).toBe(state)
  })

  test.each([
    [{ code: 0, signal: null }, 'ended'],
    [{ code: 78, signal: null }, 'exit 78'],
    [{ code: null, signal: 'SIGKILL' as const }, 'killed (SIGKILL)'],
  ])('that ended by %j is: %s', (end, state) => {
    expect(stateOfEnd(end)).toBe(state)
  })
})
