import { expect, test } from 'vitest'
import { type Part, runParts } from './lifecycle.ts'
import { createLogger } from './log.ts'
import { createMetrics } from './metrics.ts'
import { createReadiness, type Need } from './readiness.ts'
import { systemClock } from './system-clock.ts'
import { expectNoLeaks } from './testing/leak-check.ts'
import { VirtualClock } from './testing/virtual-clock.ts'

expectNoLeaks()

const bare = () => createMetrics({ role: 'test', ofProcess: false })

function readinessOf(needs: Readonly<Record<string, Need>>, metrics = bare()) {
  return createReadiness({ needs, clock: systemClock, metrics })
}

test('a process is ready between its start and its drain', async () => {
  const readiness = readinessOf({})
  expect(await readiness.missing()).toEqual(['start'])
  await readiness.start()
  expect(await readiness.missing()).toEqual([])
  await readiness.drain(new AbortController().signal)
  expect(await readiness.missing()).toEqual(['end'])
  await readiness.stop()
  expect(await readiness.missing()).toEqual(['end'])
})

test('as the last part it says no before any other part begins to drain', async () => {
  const readiness = readinessOf({})
  const seen: unknown[] = []
  const gateway: Part = {
    name: 'gateway',
    start: async () => void seen.push(await readiness.missing()),
    drain: async () => void seen.push(await readiness.missing()),
    stop: async () => {},
  }
  const log = createLogger({ name: 'test', level: 'silent' })
  const running = runParts([gateway, readiness], { log })
  await running.ready
  seen.push(await readiness.missing())
  await running.drainAndStop()
  expect(seen).toEqual([['start'], [], ['end']])
})

test('needs that are not met are named, and it is ready again when they are', async () => {
  let isBusThere = false
  const readiness = readinessOf({
    bus: () => isBusThere,
    database: async () => {
      if (!isBusThere) throw new Error('the database is away, too')
      return true
    },
    redis: () => true,
  })
  await readiness.start()
  expect(await readiness.missing()).toEqual(['bus', 'database'])
  isBusThere = true
  expect(await readiness.missing()).toEqual([])
})

test('a need that does not answer is not met, and is not asked again meanwhile', async () => {
  const clock = new VirtualClock()
  const answer = Promise.withResolvers<boolean>()
  let asked = 0
  const database = () => {
    asked += 1
    return answer.promise
  }
  const readiness = createReadiness({ needs: { database }, clock, metrics: bare(), answerMs: 500 })
  await readiness.start()
  const first = readiness.missing()
  clock.advance(500)
  expect(await first).toEqual(['database'])
  const second = readiness.missing()
  expect(asked).toBe(1)
  answer.resolve(true)
  expect(await second).toEqual([])
  expect(await readiness.missing()).toEqual([])
  expect(asked).toBe(2)
})

test('Prometheus sees it, too', async () => {
  const metrics = bare()
  const readiness = readinessOf({}, metrics)
  expect(await metrics.metrics()).toContain('outcry_ready{role="test"} 0')
  await readiness.start()
  expect(await metrics.metrics()).toContain('outcry_ready{role="test"} 1')
})
