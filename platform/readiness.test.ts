import { expect, test } from 'vitest'
import { type Part, runParts } from './lifecycle.ts'
import { createLogger } from './log.ts'
import { createMetrics } from './metrics.ts'
import { createReadiness } from './readiness.ts'

const bare = () => createMetrics({ role: 'test', ofProcess: false })

const readinessOf = (needs: Readonly<Record<string, () => boolean>>, metrics = bare()) =>
  createReadiness({ needs, metrics })

test('a process is ready between its start and its drain', async () => {
  const readiness = readinessOf({})
  expect(readiness.missing()).toEqual(['start'])
  await readiness.start()
  expect(readiness.missing()).toEqual([])
  await readiness.drain(new AbortController().signal)
  expect(readiness.missing()).toEqual(['end'])
  await readiness.stop()
  expect(readiness.missing()).toEqual(['end'])
})

test('as the last part it says no before any other part begins to drain', async () => {
  const readiness = readinessOf({})
  const seen: unknown[] = []
  const gateway: Part = {
    name: 'gateway',
    start: async () => void seen.push(readiness.missing()),
    drain: async () => void seen.push(readiness.missing()),
    stop: async () => {},
  }
  const log = createLogger({ name: 'test', level: 'silent' })
  const running = runParts([gateway, readiness], { log })
  await running.ready
  seen.push(readiness.missing())
  await running.drainAndStop()
  expect(seen).toEqual([['start'], [], ['end']])
})

test('needs that are not met are named, and it is ready again when they are', async () => {
  let isThere = false
  const readiness = readinessOf({
    NATS: () => isThere,
    PostgreSQL: () => isThere,
    Redis: () => true,
  })
  expect(readiness.missing()).toEqual(['start', 'NATS', 'PostgreSQL'])
  await readiness.start()
  expect(readiness.missing()).toEqual(['NATS', 'PostgreSQL'])
  isThere = true
  expect(readiness.missing()).toEqual([])
})

test('Prometheus sees it, too', async () => {
  const metrics = bare()
  const readiness = readinessOf({}, metrics)
  expect(await metrics.metrics()).toContain('outcry_ready{role="test"} 0')
  await readiness.start()
  expect(await metrics.metrics()).toContain('outcry_ready{role="test"} 1')
})
