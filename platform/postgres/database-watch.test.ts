import { expect, test } from 'vitest'
import { VirtualClock } from '../testing/virtual-clock.ts'
import { DatabaseWatch } from './database-watch.ts'

/** A database that answers, refuses, or says nothing. */
function stage() {
  const clock = new VirtualClock(0)
  let answer: () => Promise<unknown> = async () => {}
  const pool = { query: () => answer() }
  const watch = new DatabaseWatch({ pool: pool as never, clock })
  return {
    clock,
    watch,
    refuse: () => {
      answer = async () => {
        throw new Error('away')
      }
    },
    hang: () => {
      answer = () => new Promise(() => {})
    },
    answer: () => {
      answer = async () => {}
    },
  }
}

test('a database that goes and comes back is seen within seconds', async () => {
  const { clock, watch, refuse, answer } = stage()
  expect(watch.isThere).toBe(false)
  await watch.start()
  expect(watch.isThere).toBe(true)
  refuse()
  await clock.advanceAsync(1_000)
  expect(watch.isThere).toBe(false)
  answer()
  await clock.advanceAsync(1_000)
  expect(watch.isThere).toBe(true)
  await watch.stop()
})

test('one that says nothing is as good as away, and looked for again', async () => {
  const { clock, watch, hang, answer } = stage()
  await watch.start()
  hang()
  await clock.advanceAsync(3_000)
  expect(watch.isThere).toBe(false)
  answer()
  await clock.advanceAsync(3_000)
  expect(watch.isThere).toBe(true)
  await watch.stop()
})
