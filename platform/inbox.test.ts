import { expect, test } from 'vitest'
import { Inbox, type Waiting } from './inbox.ts'

function admitted(admittedAtMs: number): Waiting {
  return { admittedAtMs }
}

test('what waits is taken in the order admitted, as much as is asked for', () => {
  const inbox = new Inbox<Waiting>(100, 2)
  const all = [1, 2, 3].map(admitted)
  for (const one of all) inbox.push(one)
  expect(inbox.drain(2)).toEqual(all.slice(0, 2))
  expect(inbox.drain(2)).toEqual(all.slice(2))
  expect(inbox.isEmpty).toBe(true)
})

test('whoever waits for more is woken by the next command, and by the end', async () => {
  const inbox = new Inbox<Waiting>(100, 2)
  const waiting = inbox.more()
  inbox.push(admitted(1))
  await waiting
  await inbox.more()
  inbox.drain(1)
  const again = inbox.more()
  inbox.close()
  await again
  expect(inbox.isClosed).toBe(true)
  inbox.push(admitted(2))
  expect(inbox.drain(2)).toHaveLength(1)
})

test('the wait to expect is that of the full batches before, or of the oldest command', () => {
  const inbox = new Inbox<Waiting>(100, 10)
  for (let batch = 0; batch < 100; batch += 1) inbox.batchTook(40)
  for (let nth = 0; nth < 9; nth += 1) inbox.push(admitted(1_000))
  // Who comes now rides in the next batch.
  expect(inbox.expectedWaitMs(1_000)).toBe(0)
  for (let nth = 0; nth < 21; nth += 1) inbox.push(admitted(1_000))
  expect(inbox.expectedWaitMs(1_000)).toBeCloseTo(120)
  expect(inbox.expectedWaitMs(1_500)).toBe(500)
})

test('what finds no room is not taken in', () => {
  const inbox = new Inbox<Waiting>(2, 2)
  expect([1, 2, 3].map((nowMs) => inbox.push(admitted(nowMs)))).toEqual([true, true, false])
  expect(inbox.drain(3)).toHaveLength(2)
})
