// What every keeper of limits must do, wherever it counts. Adapters run this in their own test.
import { describe, expect, test } from 'vitest'
import { waitFor } from '../testing/wait-for.ts'
import type { Limits } from './limits.ts'
import type { LimitSetting } from './parse-limit.ts'

const table = {
  bids: { points: 3, windowMs: 3_600_000 },
  commands: { points: 2, windowMs: 3_600_000, burst: 4 },
  quick: { points: 1, windowMs: 50 },
  free: 'off',
} as const satisfies Record<string, LimitSetting>

type Name = keyof typeof table

/** Runs the suite against limits that `make` makes anew, counting from zero. */
export function describeLimits(
  name: string,
  make: (limits: Readonly<Record<Name, LimitSetting>>) => Promise<Limits<Name>>,
): void {
  describe(`${name} keep limits`, () => {
    test('the points of a window are allowed, and no more', async () => {
      const limits = await make(table)
      const verdicts = await Promise.all(
        Array.from({ length: 5 }, async () => await limits.take('bids', 'ann')),
      )
      expect(verdicts.map(({ allowed }) => allowed)).toEqual([true, true, true, false, false])
    })

    test('a refusal says how long to wait, at most to the end of the window', async () => {
      const limits = await make(table)
      for (let taken = 0; taken < 3; taken += 1) await limits.take('bids', 'ann')
      const verdict = await limits.take('bids', 'ann')
      if (verdict.allowed) throw new Error('the fourth of three points was allowed')
      expect(verdict.retryAfterMs).toBeGreaterThanOrEqual(1)
      expect(verdict.retryAfterMs).toBeLessThanOrEqual(3_600_000)
      expect(Number.isInteger(verdict.retryAfterMs)).toBe(true)
    })

    test('each key and each limit counts for itself', async () => {
      const limits = await make(table)
      for (let taken = 0; taken < 4; taken += 1) await limits.take('bids', 'ann')
      expect(await limits.take('bids', 'bob')).toEqual({ allowed: true })
      expect(await limits.take('commands', 'ann')).toEqual({ allowed: true })
      expect(await limits.take('bids', 'ann')).toMatchObject({ allowed: false })
    })

    test('whatever a key is counted for counts for itself', async () => {
      const limits = await make(table)
      const pairs = [
        ['ann', 'lamp'],
        ['ann', 'vase'],
        ['bob', 'lamp'],
        ['lamp', 'ann'],
        ['b', 'a:c'],
        ['c:b', 'a'],
      ] as const
      for (const [key, about] of pairs) {
        for (let taken = 0; taken < 3; taken += 1) {
          expect(await limits.take('bids', key, about), about).toEqual({ allowed: true })
        }
      }
      for (const [key, about] of pairs) {
        expect(await limits.take('bids', key, about), about).toMatchObject({ allowed: false })
      }
    })

    test('a burst is let through beyond the rate, once', async () => {
      const limits = await make(table)
      const verdicts = []
      for (let taken = 0; taken < 8; taken += 1) verdicts.push(await limits.take('commands', 'ann'))
      const allowed = verdicts.filter((verdict) => verdict.allowed)
      expect(allowed).toHaveLength(2 + 4)
      expect(verdicts.at(-1)).toMatchObject({ allowed: false })
    })

    test('who has waited is allowed again', async () => {
      const limits = await make(table)
      await limits.take('quick', 'ann')
      await waitFor(async () => (await limits.take('quick', 'ann')).allowed)
    })

    test('a limit that is off always allows', async () => {
      const limits = await make(table)
      const verdicts = await Promise.all(
        Array.from({ length: 1_000 }, async () => await limits.take('free', 'ann')),
      )
      expect(verdicts.every(({ allowed }) => allowed)).toBe(true)
    })

    test('keys are text, whatever they hold', async () => {
      const limits = await make(table)
      for (const key of ['__proto__', 'a:b', '', '2001:db8::1', 'ü']) {
        for (let taken = 0; taken < 3; taken += 1) {
          expect(await limits.take('bids', key), key).toEqual({ allowed: true })
        }
        expect(await limits.take('bids', key), key).toMatchObject({ allowed: false })
      }
    })
  })
}
