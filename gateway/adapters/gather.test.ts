import { expect, test } from 'vitest'
import { gathered, keysPerLoadMax } from './gather.ts'

/** Loads the length of each key but `none`, and notes what it was asked for at once. */
function counting() {
  const loads: (readonly string[])[] = []
  const lengthOf = gathered(async (keys: readonly string[]) => {
    loads.push(keys)
    return new Map(keys.filter((key) => key !== 'none').map((key) => [key, key.length]))
  })
  return { loads, lengthOf }
}

test('calls of one turn are one load, and the same key is asked for once', async () => {
  const { loads, lengthOf } = counting()
  const answers = await Promise.all(['a', 'bb', 'a', 'none'].map(lengthOf))
  expect(answers).toEqual([1, 2, 1, undefined])
  expect(loads).toEqual([['a', 'bb', 'none']])
})

test('nothing is kept: a later turn loads again', async () => {
  const { loads, lengthOf } = counting()
  await lengthOf('a')
  await lengthOf('a')
  expect(loads).toEqual([['a'], ['a']])
})

test('more keys than one load may have are several loads, none lost and none twice', async () => {
  const { loads, lengthOf } = counting()
  const keys = Array.from({ length: 2 * keysPerLoadMax + 1 }, (_, at) => `key ${at}`)
  const answers = await Promise.all(keys.map(lengthOf))
  expect(answers).toEqual(keys.map((key) => key.length))
  expect(loads.map((load) => load.length)).toEqual([keysPerLoadMax, keysPerLoadMax, 1])
})

test('a load that fails fails all that waited for it, and the next is not spoilt', async () => {
  let broken = true
  const lengthOf = gathered(async (keys: readonly string[]) => {
    if (broken) throw new Error('the database is away')
    return new Map(keys.map((key) => [key, key.length]))
  })
  const answers = await Promise.allSettled(['a', 'a', 'bb'].map(lengthOf))
  expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
  broken = false
  expect(await lengthOf('bb')).toBe(2)
})
