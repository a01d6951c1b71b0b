// What every keeper of cutoffs must do. Adapters run this in their own test.
import { describe, expect, test } from 'vitest'
import type { Cutoffs } from './cutoffs.ts'

/** Runs the suite against cutoffs that `make` makes anew, with nothing raised, for three keys. */
export function describeCutoffs(
  name: string,
  make: (options: { readonly keysMax: number }) => Promise<Cutoffs>,
): void {
  describe(`${name} are kept`, () => {
    test('a cutoff is known at once, each key’s own', async () => {
      const cutoffs = await make({ keysMax: 3 })
      cutoffs.raise('ann', 1_000)
      cutoffs.raise('__proto__', 2_000)
      expect(cutoffs.at('ann')).toBe(1_000)
      expect(cutoffs.at('__proto__')).toBe(2_000)
      expect(cutoffs.at('bob')).toBe(Number.NEGATIVE_INFINITY)
    })

    test('a cutoff never moves backwards', async () => {
      const cutoffs = await make({ keysMax: 3 })
      cutoffs.raise('ann', 2_000)
      cutoffs.raise('ann', 1_000)
      expect(cutoffs.at('ann')).toBe(2_000)
      cutoffs.raise('ann', 3_000)
      expect(cutoffs.at('ann')).toBe(3_000)
    })

    test('whoever listens hears of each that moves, and of none when it has ended', async () => {
      const cutoffs = await make({ keysMax: 3 })
      const heard: (readonly [string, number])[] = []
      const unlisten = cutoffs.listen((key, atMs) => void heard.push([key, atMs]))
      cutoffs.raise('ann', 2_000)
      cutoffs.raise('ann', 1_000)
      cutoffs.raise('bob', 1_000)
      unlisten()
      unlisten()
      cutoffs.raise('ann', 3_000)
      expect(heard).toEqual([
        ['ann', 2_000],
        ['bob', 1_000],
      ])
    })

    test('memory is bounded: what moved longest ago is forgotten first', async () => {
      const cutoffs = await make({ keysMax: 3 })
      for (const key of ['ann', 'bob', 'carl']) cutoffs.raise(key, 1_000)
      cutoffs.raise('ann', 2_000)
      cutoffs.raise('dora', 1_000)
      expect(['ann', 'bob', 'carl', 'dora'].filter((key) => cutoffs.at(key) > 0)).toEqual([
        'ann',
        'carl',
        'dora',
      ])
    })
  })
}
