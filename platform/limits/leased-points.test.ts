import * as fc from 'fast-check'
import { RateLimiterRes } from 'rate-limiter-flexible'
import { expect, test } from 'vitest'
import { VirtualClock } from '../testing/virtual-clock.ts'
import { LeasedPoints } from './leased-points.ts'
import type { LimitVerdict } from './limits.ts'

const windowMs = 1_000

/** Counts a fixed window as Redis does; its answers come in a later turn. */
class Counter {
  readonly #clock: VirtualClock
  readonly #points: number
  #taken = 0
  #endsAtMs = 0
  asked = 0

  constructor(clock: VirtualClock, points: number) {
    this.#clock = clock
    this.#points = points
  }

  async consume(_key: string, _about: string, points: number): Promise<RateLimiterRes> {
    this.asked += 1
    const nowMs = this.#clock.nowMs()
    if (nowMs >= this.#endsAtMs) {
      this.#taken = 0
      this.#endsAtMs = nowMs + windowMs
    }
    this.#taken += points
    const remaining = Math.max(0, this.#points - this.#taken)
    const count = new RateLimiterRes(remaining, this.#endsAtMs - nowMs, this.#taken)
    await new Promise((resolve) => setImmediate(resolve))
    if (count.consumedPoints > this.#points) throw count
    return count
  }
}

interface Setting {
  readonly points: number
  readonly own: number
  readonly chunk: number
}

const settings: fc.Arbitrary<Setting> = fc.integer({ min: 1, max: 60 }).chain((points) =>
  fc.record({
    points: fc.constant(points),
    own: fc.integer({ min: 0, max: points }),
    chunk: fc.integer({ min: 1, max: points }),
  }),
)

/** One process, and a counter on which others may count. */
function leasedFrom(setting: Setting) {
  const clock = new VirtualClock()
  const counter = new Counter(clock, setting.points)
  const make = () => new LeasedPoints({ counter, windowMs, clock, ...setting })
  return { clock, counter, make, leased: make() }
}

/** Three processes which count on one counter. */
function processesOf(setting: Setting) {
  const { clock, counter, make: makeLeased } = leasedFrom(setting)
  const make = (): Take => {
    const leased = makeLeased()
    return async () => await leased.take('ann', 'lamp', clock.nowMs())
  }
  const all = [make(), make(), make()] as const
  return { clock, counter, all }
}

type Take = () => Promise<LimitVerdict>

async function allowedOf(take: Take, times: number): Promise<number> {
  const verdicts = await Promise.all(Array.from({ length: times }, take))
  return verdicts.filter(({ allowed }) => allowed).length
}

test('one process alone gives exactly the points of a window, however it leases them', async () => {
  const bursts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 })
  await fc.assert(
    fc.asyncProperty(settings, bursts, async (setting, takes) => {
      const [take] = processesOf(setting).all
      let allowed = 0
      for (const times of takes) allowed += await allowedOf(take, times)
      const wanted = takes.reduce((sum, times) => sum + times, 0)
      expect(allowed).toBe(Math.min(wanted, setting.points))
    }),
    { numRuns: 60 },
  )
})

test('several processes exceed a limit at most by what is their own', async () => {
  const turns = fc.array(fc.tuple(fc.constantFrom(0, 1, 2), fc.integer({ min: 1, max: 30 })), {
    maxLength: 12,
  })
  await fc.assert(
    fc.asyncProperty(settings, turns, async (setting, taken) => {
      const { all } = processesOf(setting)
      const verdicts = await Promise.all(
        taken.map(async ([which, times]) => await allowedOf(all[which], times)),
      )
      const allowed = verdicts.reduce((sum, count) => sum + count, 0)
      expect(allowed).toBeLessThanOrEqual(setting.points + 2 * setting.own)
    }),
    { numRuns: 60 },
  )
})

test('a new window gives its points anew, and nothing of the one before', async () => {
  const {
    clock,
    all: [take],
  } = processesOf({ points: 8, own: 2, chunk: 3 })
  expect(await allowedOf(take, 20)).toBe(8)
  const verdict = await take()
  expect(verdict).toEqual({ allowed: false, retryAfterMs: windowMs })
  clock.advance(windowMs - 1)
  expect(await take()).toEqual({ allowed: false, retryAfterMs: 1 })
  clock.advance(1)
  expect(await allowedOf(take, 20)).toBe(8)
})

test('takes that wait together are asked for together', async () => {
  const {
    counter,
    all: [take],
  } = processesOf({ points: 100, own: 0, chunk: 1 })
  expect(await allowedOf(take, 90)).toBe(90)
  expect(counter.asked).toBeLessThanOrEqual(3)
})

test('a counter that fails is said to whoever asked, and asked again', async () => {
  const clock = new VirtualClock()
  let isBroken = true
  const counter = {
    consume: async () => {
      if (isBroken) throw new Error('the counter is broken')
      return new RateLimiterRes(0, windowMs, 1)
    },
  }
  const leased = new LeasedPoints({ counter, points: 1, windowMs, own: 0, chunk: 1, clock })
  const take = async () => await leased.take('ann', 'lamp', clock.nowMs())
  await expect(take()).rejects.toThrow('the counter is broken')
  isBroken = false
  expect(await take()).toEqual({ allowed: true })
})

test('what is held is given without a question, and nothing else is', async () => {
  const { clock, counter, leased } = leasedFrom({ points: 8, own: 2, chunk: 3 })
  const give = (about = 'lamp') => leased.give('ann', about, clock.nowMs())
  expect([give(), give(), give()]).toEqual([true, true, false])
  expect(give('vase')).toBe(true)
  expect(counter.asked).toBe(0)
  await leased.take('ann', 'lamp', clock.nowMs())
  expect([give(), give(), give()]).toEqual([true, true, false])
  expect(counter.asked).toBe(1)
})
