// The engine in a world where everything that may go wrong does, judged by a history checker that shares
// no code with it; and the proof that the two of them notice a broken promise.
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { planFrom } from './plan.ts'
import { Random } from './random.ts'
import { shrink } from './shrink.ts'
import { type Run, simulatePlan } from './simulate-plan.ts'
import type { StoreVariant } from './simulated-store.ts'

/** What must have happened in a good many seeds, in the words of the trace. */
const TROUBLES = [
  'is killed',
  'can hardly be reached',
  'stands still',
  'is drained',
  'is refused',
  'is lost on the way',
  'is answered into the void',
  'will come late',
  ': seen_before',
  ': fenced',
  ': conflict',
  'extend_lot',
  'retract_bid',
  'outcome_unknown',
  'overloaded',
  'lot_closed',
]

/** The first seed that ends badly, with its run. */
async function firstFailure(
  variant: StoreVariant,
  seedsMax: number,
): Promise<{ readonly seed: number; readonly run: Run }> {
  for (let seed = 1; seed <= seedsMax; seed += 1) {
    const run = await simulatePlan(planFrom(seed), variant)
    if (run.violations.length > 0) return { seed, run }
    await turn()
  }
  throw new Error(`${seedsMax} seeds on a store ${variant} went well`)
}

describe('the simulation', () => {
  // As many as the time allows: a slow machine tries fewer of them, and every run begins where none was before.
  test('I1, I2, I4, I8, I10, I11 hold whatever goes wrong, seed after seed', async () => {
    const startedMs = performance.now()
    const [seedsMin, seedsMax, budgetMs] = [60, 400, 10_000]
    const happened = new Set<string>()
    let decisions = 0
    for (let seed = 1; seed <= seedsMax; seed += 1) {
      if (seed > seedsMin && performance.now() - startedMs > budgetMs) break
      const run = await simulatePlan(planFrom(seed))
      expect({ seed, violations: run.violations }).toEqual({ seed, violations: [] })
      decisions += run.decisions
      for (const line of run.trace)
        for (const what of TROUBLES) if (line.includes(what)) happened.add(what)
      await turn()
    }
    // A calm in which nothing goes wrong would prove nothing.
    expect([...happened].toSorted()).toEqual(TROUBLES.toSorted())
    expect(decisions).toBeGreaterThan(1_000)
  }, 60_000)

  test('the same seed gives the same trace', async () => {
    for (const seed of [3, 17, 41]) {
      const one = await simulatePlan(planFrom(seed))
      await turn()
      const other = await simulatePlan(planFrom(seed))
      expect(one.trace.length).toBeGreaterThan(20)
      expect(other.traceDigest).toBe(one.traceDigest)
    }
    const another = await simulatePlan(planFrom(4))
    expect(another.traceDigest).not.toBe((await simulatePlan(planFrom(3))).traceDigest)
  })

  test('I11: without the fence in the store it finds a stale owner, and a short way to it', async () => {
    const { seed, run } = await firstFailure('without_fence', 400)
    expect(run.violations.map(({ rule }) => rule)).toContain('stale_owner')
    const plan = planFrom(seed)
    const shortest = await shrink(plan, run, 'without_fence')
    expect(shortest.run.violations).not.toEqual([])
    expect(shortest.plan.steps.length).toBeLessThan(plan.steps.length)
    // The same seed on a store that keeps its promise goes well.
    expect((await simulatePlan(plan)).violations).toEqual([])
  }, 60_000)

  test('I1: where answers come before the commit it finds what was acknowledged and is not there', async () => {
    const { run } = await firstFailure('answers_before_commit', 50)
    const rules = run.violations.map(({ rule }) => rule)
    expect(rules.some((rule) => rule === 'acknowledged_missing' || rule === 'two_outcomes')).toBe(
      true,
    )
  })

  test('leaves the chance and the time of others alone', async () => {
    const before = [Math.random, Date.now, Object.hasOwn(performance, 'now')]
    await simulatePlan(planFrom(6))
    expect([Math.random, Date.now, Object.hasOwn(performance, 'now')]).toEqual(before)
  })
})

test('a source of chance is even, and starts again from its seed', () => {
  const random = new Random(7)
  const dice = Array.from({ length: 6_000 }, () => random.between(1, 6))
  for (let face = 1; face <= 6; face += 1) {
    const count = dice.filter((die) => die === face).length
    expect(count).toBeGreaterThan(800)
    expect(count).toBeLessThan(1_200)
  }
  const again = new Random(7)
  expect(dice.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => again.between(1, 6)))
})
