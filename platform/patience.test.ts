import { expect, test } from 'vitest'
import { AssertionError } from './assert.ts'
import { Failure } from './failure.ts'
import { createLogger } from './log.ts'
import { untilItWorks, untilStoreAnswers } from './patience.ts'
import { VirtualClock } from './testing/virtual-clock.ts'

function stage(outcomes: readonly (Error | string)[], patiently = untilItWorks) {
  const clock = new VirtualClock(0)
  const lines: string[] = []
  const destination = { write: (line: string) => void lines.push(JSON.parse(line).reason) }
  const ending = new AbortController()
  let tries = 0
  const work = async () => {
    const outcome = outcomes[Math.min(tries, outcomes.length - 1)]
    tries += 1
    if (typeof outcome === 'string') return outcome
    throw outcome ?? new Error('no outcome')
  }
  const log = createLogger({ name: 'test', level: 'warn', destination })
  const done = patiently(work, { clock, log, signal: ending.signal })
  return { clock, lines, ending, done, tries: () => tries }
}

test('what an operator can mend is said once, again when it changes, and tried until it works', async () => {
  const [away, refused] = [new Failure('not there'), new Failure('wrong password')]
  const { clock, lines, done } = stage([away, away, refused, 'here'])
  await clock.advanceAsync(3_000)
  expect(await done).toBe('here')
  expect(lines).toEqual(['not there', 'wrong password'])
})

test('a fault of ours is not waited for', async () => {
  const { done } = stage([new TypeError('ours')])
  await expect(done).rejects.toThrow('ours')
})

test('the end of the process ends the waiting', async () => {
  const { clock, ending, done, tries } = stage([new Failure('not there')])
  const ended = expect(done).rejects.toThrow()
  await clock.advanceAsync(1_500)
  ending.abort()
  await ended
  const before = tries()
  await clock.advanceAsync(5_000)
  expect(tries()).toBe(before)
})

const never = () => new Promise<never>(() => {})

test('the end of the process does not wait for a try under way', async () => {
  const log = createLogger({ name: 'test', level: 'silent' })
  const ending = new AbortController()
  const done = untilItWorks(never, { clock: new VirtualClock(0), log, signal: ending.signal })
  ending.abort(new Error('told to end'))
  await expect(done).rejects.toThrow('told to end')
})

test('a store that does not answer is what an operator can mend, in its own words where it has some', async () => {
  const away = Object.assign(new Error(''), { code: 'ECONNREFUSED' })
  const foreign = new Error('the database is not ready')
  const unfit = new Failure('The tables are of another version.')
  const { clock, lines, done } = stage([away, away, foreign, unfit, 'here'], untilStoreAnswers)
  await clock.advanceAsync(5_000)
  expect(await done).toBe('here')
  expect(lines).toEqual([
    'The store does not answer: ECONNREFUSED.',
    'The store does not answer: the database is not ready.',
    'The tables are of another version.',
  ])
})

test('what must not be is no matter of the store', async () => {
  const { done } = stage([new AssertionError('a lot has one owner')], untilStoreAnswers)
  await expect(done).rejects.toThrow(AssertionError)
})

test('a store that answers after the end of the process is not listened to any more', async () => {
  const log = createLogger({ name: 'test', level: 'silent' })
  const ending = new AbortController()
  const work = async () => ending.abort(new Error('told to end'))
  const options = { clock: new VirtualClock(0), log, signal: ending.signal }
  await expect(untilStoreAnswers(work, options)).rejects.toThrow('told to end')
})
