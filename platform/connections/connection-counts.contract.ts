// What every keeper of connection counts must do. Adapters run this in their own test.
import { describe, expect, test } from 'vitest'
import { waitFor } from '../testing/wait-for.ts'
import type { ConnectionCounts } from './connection-counts.ts'

/** Runs the suite against counts that `make` makes anew, with nobody connected. */
export function describeConnectionCounts(
  name: string,
  make: () => Promise<ConnectionCounts>,
): void {
  describe(`${name} are kept`, () => {
    test('as many are let in as may be, and no more', async () => {
      const counts = await make()
      const entered = await Promise.all(
        Array.from({ length: 8 }, async () => await counts.enter('ann', 5)),
      )
      expect(entered.filter(Boolean)).toHaveLength(5)
      expect(await counts.enter('ann', 5)).toBe(false)
    })

    test('each key counts for itself, whatever it holds', async () => {
      const counts = await make()
      for (const key of ['ann', '__proto__', '2001:db8::1', '', 'ü']) {
        expect(await counts.enter(key, 1), key).toBe(true)
        expect(await counts.enter(key, 1), key).toBe(false)
      }
    })

    test('whoever leaves makes room for one', async () => {
      const counts = await make()
      for (let times = 0; times < 3; times += 1) await counts.enter('ann', 3)
      counts.leave('ann')
      await waitFor(async () => await counts.enter('ann', 3))
      expect(await counts.enter('ann', 3)).toBe(false)
    })

    test('whoever was refused takes no room', async () => {
      const counts = await make()
      await counts.enter('ann', 1)
      for (let times = 0; times < 5; times += 1) expect(await counts.enter('ann', 1)).toBe(false)
      counts.leave('ann')
      await waitFor(async () => await counts.enter('ann', 1))
    })

    test('what is only to be known has no bound, and counts with what was let in', async () => {
      const counts = await make()
      for (let times = 0; times < 3; times += 1) counts.add('ann')
      await waitFor(async () => !(await counts.enter('ann', 3)))
      expect(await counts.enter('ann', 4)).toBe(true)
    })

    test('how many are held is told for each key, in the order asked', async () => {
      const counts = await make()
      counts.add('ann')
      counts.add('ann')
      await counts.enter('bob', 1)
      await counts.enter('bob', 1)
      expect(await counts.held(['bob', 'nobody', 'ann', 'bob'])).toEqual([1, 0, 2, 1])
      counts.leave('ann')
      counts.leave('bob')
      expect(await counts.held(['ann', 'bob'])).toEqual([1, 0])
      expect(await counts.held([])).toEqual([])
    })

    test('a leave too many changes nothing', async () => {
      const counts = await make()
      counts.leave('ann')
      expect(await counts.enter('ann', 1)).toBe(true)
      expect(await counts.enter('ann', 1)).toBe(false)
    })
  })
}
