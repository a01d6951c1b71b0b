import { expect, test } from 'vitest'
import { placeBid } from '../testing/commands.ts'
import { type Admitted, Inbox } from './inbox.ts'

const lotId = '01890a5d-ac96-774b-bcce-b302099a8057'

function admitted(admittedAtMs: number): Admitted {
  const command = placeBid(lotId, { by: 'ann', max: 5_000 })
  return { command, shard: 0, admittedAtMs, answer: () => {} }
}

test('what waits is taken in the order admitted, a batch at a time', async () => {
  const inbox = new Inbox(2)
  const all = [1, 2, 3].map(admitted)
  for (const one of all) inbox.push(one)
  expect(await inbox.take()).toEqual(all.slice(0, 2))
  expect(await inbox.take()).toEqual(all.slice(2))
})

test('whoever finds nothing waits for the next command', async () => {
  const inbox = new Inbox(2)
  const taking = inbox.take()
  const one = admitted(1)
  inbox.push(one)
  expect(await taking).toEqual([one])
})

test('a closed inbox gives what it has, then nothing more', async () => {
  const inbox = new Inbox(2)
  const waiting = inbox.take()
  inbox.close()
  expect(await waiting).toEqual([])
  inbox.push(admitted(1))
  expect(await inbox.take()).toHaveLength(1)
  expect(await inbox.take()).toEqual([])
})

test('the wait to expect is that of the full batches before, or of the oldest command', () => {
  const inbox = new Inbox(10)
  for (let batch = 0; batch < 100; batch += 1) inbox.batchTook(40)
  for (let nth = 0; nth < 9; nth += 1) inbox.push(admitted(1_000))
  // Who comes now rides in the next batch.
  expect(inbox.expectedWaitMs(1_000)).toBe(0)
  for (let nth = 0; nth < 21; nth += 1) inbox.push(admitted(1_000))
  expect(inbox.expectedWaitMs(1_000)).toBeCloseTo(120)
  expect(inbox.expectedWaitMs(1_500)).toBe(500)
})
