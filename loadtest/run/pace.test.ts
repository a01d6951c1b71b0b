import { performance } from 'node:perf_hooks'
import { expect, test } from 'vitest'
import { atPace } from './pace.ts'
import { randomOf } from './random.ts'

/** When things were due, from the first on, in ms. */
async function due(meanwhile: (count: number) => void = () => {}): Promise<readonly number[]> {
  const times: number[] = []
  await atPace({
    perSecond: 400,
    durationMs: 500,
    random: randomOf(7, 'pace'),
    signal: new AbortController().signal,
    act(dueMs) {
      times.push(dueMs)
      meanwhile(times.length)
    },
  })
  return times.map((time) => Math.round(time - (times[0] ?? 0)))
}

function stallFor(ms: number): void {
  const endMs = performance.now() + ms
  while (performance.now() < endMs);
}

test('who is held up does not ask less, nor says that it was due later', async () => {
  const undisturbed = await due()
  const heldUp = await due((count) => {
    if (count === 20) stallFor(150)
  })
  expect(undisturbed.length).toBeGreaterThan(100)
  // The clock is read once to begin with, and its fractions may round otherwise.
  const common = Math.min(heldUp.length, undisturbed.length)
  expect(Math.abs(heldUp.length - undisturbed.length)).toBeLessThanOrEqual(1)
  for (const [nth, ms] of heldUp.slice(0, common).entries()) {
    expect(Math.abs(ms - (undisturbed[nth] ?? 0))).toBeLessThanOrEqual(1)
  }
})

test('on average it is as often as it is to be, and the pauses are those of chance', async () => {
  const times = await due()
  const pauses = times.slice(1).map((time, nth) => time - (times[nth] ?? 0))
  const mean = pauses.reduce((sum, pause) => sum + pause, 0) / pauses.length
  expect(mean).toBeGreaterThan(1.5)
  expect(mean).toBeLessThan(4)
  // Of exponential pauses the deviation is the mean; of regular ones it is nothing.
  const deviation = Math.sqrt(
    pauses.reduce((sum, pause) => sum + (pause - mean) ** 2, 0) / pauses.length,
  )
  expect(deviation / mean).toBeGreaterThan(0.6)
})

test('whoever breaks it off waits for nothing', async () => {
  const abort = new AbortController()
  let count = 0
  await atPace({
    perSecond: 1_000,
    durationMs: 3_600_000,
    random: randomOf(1, 'pace'),
    signal: abort.signal,
    act() {
      count += 1
      if (count === 10) abort.abort()
    },
  })
  expect(count).toBeGreaterThanOrEqual(10)
})
