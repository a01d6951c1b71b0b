import { expect, test } from 'vitest'
import { Gate } from './gate.ts'
import { benchLimits } from './limits.ts'
import { pausesOfPeople, stormOf } from './storm.ts'

test('limits are measured in the process and through Redis, and each storm has its row', async () => {
  const scale = { commandsPerSecond: 400, secondsMin: 1.5, commandsInOneGo: 2_000 }
  const section = await benchLimits({ rounds: 1, seconds: 0.2, say: () => {} }, scale)

  expect(section.tables.map(({ rows }) => rows.length)).toEqual([3, 3])
  expect(section.goals.map(({ goal }) => goal)).toEqual(['P15', 'P15', 'P15', 'P15'])
  expect(JSON.stringify(section)).not.toMatch(/NaN|undefined|Infinity/)
}, 60_000)

test('a storm is the same in every run, and people wait in it as they did', async () => {
  const pauses = await pausesOfPeople()
  const options = { seconds: 30, commandsPerSecond: 50, lots: 3, hurry: 1, programs: 0 }
  const [storm, again] = [stormOf(pauses, options), stormOf(pauses, options)]

  expect(storm.length).toBeGreaterThan(500)
  expect(again.map(({ atMs, userId }) => [atMs, userId])).toEqual(
    storm.map(({ atMs, userId }) => [atMs, userId]),
  )
  const last = new Map<string, number>()
  for (const { atMs, userId } of storm) {
    expect(atMs - (last.get(userId) ?? -Infinity)).toBeGreaterThanOrEqual(Math.min(...pauses))
    last.set(userId, atMs)
  }
})

test('a gate counts what passed, who was refused, and what somebody else had to be asked for', async () => {
  const verdicts = [{ allowed: true }, { allowed: false, retryAfterMs: 1 }] as const
  let nth = 0
  const gate = new Gate({
    take(name) {
      if (name === 'bidsPerUserAllLots') return { allowed: true }
      nth += 1
      const verdict = verdicts[nth % 2] ?? verdicts[0]
      return nth > 2 ? Promise.resolve(verdict) : verdict
    },
  })
  const command = { atMs: 0, userId: 'ann', lotId: 'lamp' }
  for (const byProgram of [false, false, true, false]) gate.take({ ...command, byProgram })
  await gate.settle()

  expect(gate).toMatchObject({ passed: 2, refusedPeople: 1, refusedPrograms: 1, asked: 2 })
})
