import { expect, test } from 'vitest'
import { waitFor } from './wait-for.ts'

test('resolves with the first value that is there, zero and the empty text included', async () => {
  const values = [undefined, null, false, 0]
  expect(await waitFor(() => values.shift())).toBe(0)
  expect(await waitFor(() => '')).toBe('')
})

test('waits for promises, and for assertions to hold', async () => {
  let asked = 0
  const value = await waitFor(async () => {
    asked += 1
    expect(asked).toBeGreaterThan(2)
    return asked
  })
  expect(value).toBe(3)
})

test('says what did not come, with what the condition last threw', async () => {
  const failed = waitFor(noBids, { timeoutMs: 20, what: 'the first bid' })
  await expect(failed).rejects.toThrow('the first bid was not met within 20 ms')
  await expect(failed).rejects.toMatchObject({ cause: new Error('still 0 bids') })
})

function noBids(): never {
  throw new Error('still 0 bids')
}
