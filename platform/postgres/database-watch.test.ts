import { expect, test } from 'vitest'
import { createLogger } from '../log.ts'
import { VirtualClock } from '../testing/virtual-clock.ts'
import { DatabaseWatch } from './database-watch.ts'

type Mood = 'answers' | 'refuses' | 'says nothing'

function stage() {
  const clock = new VirtualClock(0)
  const database: { mood: Mood } = { mood: 'answers' }
  const query = async (): Promise<void> => {
    if (database.mood === 'refuses') throw Object.assign(new Error(), { code: 'ECONNREFUSED' })
    if (database.mood === 'says nothing') await new Promise(() => {})
  }
  const lines: object[] = []
  const destination = { write: (line: string) => void lines.push(JSON.parse(line)) }
  const log = createLogger({ name: 'test', destination })
  const url = 'postgresql://outcry:hush-hush@db.example:5432/outcry'
  const watch = new DatabaseWatch({ pool: { query } as never, url, clock, log })
  return { clock, database, watch, lines }
}

test('a database that goes and comes back is seen within seconds', async () => {
  const { clock, database, watch } = stage()
  expect(watch.isThere).toBe(false)
  await watch.start()
  expect(watch.isThere).toBe(true)
  database.mood = 'refuses'
  await clock.advanceAsync(1_000)
  expect(watch.isThere).toBe(false)
  database.mood = 'answers'
  await clock.advanceAsync(1_000)
  expect(watch.isThere).toBe(true)
  await watch.stop()
  expect(clock.pending).toBe(0)
})

test('it is said once that it is away, why, and once that it is back', async () => {
  const { clock, database, watch, lines } = stage()
  await watch.start()
  expect(lines).toEqual([])
  database.mood = 'refuses'
  await clock.advanceAsync(60_000)
  database.mood = 'answers'
  await clock.advanceAsync(60_000)
  expect(lines).toMatchObject([
    {
      level: 'warn',
      reason: 'The database at db.example:5432/outcry cannot be used: nothing listens there.',
    },
    { level: 'info', msg: 'PostgreSQL is back', awayMs: 60_000 },
  ])
  expect(JSON.stringify(lines)).not.toContain('hush-hush')
  await watch.stop()
})

test('one that was never there is left to whoever waits for it to say', async () => {
  const { clock, database, watch, lines } = stage()
  database.mood = 'refuses'
  await watch.start()
  await clock.advanceAsync(5_000)
  database.mood = 'answers'
  await clock.advanceAsync(1_000)
  expect(watch.isThere).toBe(true)
  expect(lines).toEqual([])
  await watch.stop()
})

test('one that says nothing is as good as away, and looked for again', async () => {
  const { clock, database, watch, lines } = stage()
  await watch.start()
  database.mood = 'says nothing'
  await clock.advanceAsync(3_000)
  expect(watch.isThere).toBe(false)
  expect(lines).toMatchObject([{ reason: expect.stringMatching(/it does not answer\.$/u) }])
  database.mood = 'answers'
  await clock.advanceAsync(3_000)
  expect(watch.isThere).toBe(true)
  await watch.stop()
})
