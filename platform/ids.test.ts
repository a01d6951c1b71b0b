import { expect, test } from 'vitest'
import { uuidv5, uuidv7 } from './ids.ts'

const uuid = (version: number) =>
  new RegExp(`^[0-9a-f]{8}-[0-9a-f]{4}-${version}[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`, 'u')

test('new ids are all different and sort in the order they were made', () => {
  const ids = Array.from({ length: 1_000 }, uuidv7)
  for (const id of ids) expect(id).toMatch(uuid(7))
  expect(new Set(ids).size).toBe(1_000)
  expect(ids.toSorted()).toEqual(ids)
})

test('an id from a name is the same for ever', () => {
  // A change of this value would break the idempotency of everything created before it.
  expect(uuidv5('ann:key-1')).toBe('19a66f11-965a-58e6-9263-2c40faae1c0a')
  expect(uuidv5('ann:key-1')).toMatch(uuid(5))
  expect(uuidv5('ann:key-2')).not.toBe(uuidv5('ann:key-1'))
})
