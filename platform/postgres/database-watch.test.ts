import { expect, test } from 'vitest'
import { VirtualClock } from '../testing/virtual-clock.ts'
import { DatabaseWatch } from './database-watch.ts'

type Mood = 'answers' | 'refuses' | 'says nothing'

function stage() {
  const clock = new VirtualClock(0)
  const database: { mood: Mood } = { mood: 'answers' }
  const query = async (): Promise<void> => {
    if (database.mood === 'refuses') throw new Error('away')
    if (database.mood === 'says nothing') await new Promise(() => {})
  }
  const watch = new DatabaseWatch({ pool: { query } as never, clock })
  return { clock, database, watch }
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
})

test('one that says nothing is as good as away, and looked for again', async () => {
  const { clock, database, watch } = stage()
  await watch.start()
  database.mood = 'says nothing'
  await clock.advanceAsync(3_000)
  expect(watch.isThere).toBe(false)
  database.mood = 'answers'
  await clock.advanceAsync(3_000)
  expect(watch.isThere).toBe(true)
  await watch.stop()
})
