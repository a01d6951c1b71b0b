import { beforeEach, describe, expect, test } from 'vitest'
import { createMetrics, type Registry } from '../../platform/metrics.ts'
import { askAgainAfterMs, repeatsPerIntervalMax, verdictDeadlineMs } from '../limits.ts'
import { asking } from '../testing/asking.ts'
import { type AskOptions, askUntilHeard, type Heard } from './ask-until-heard.ts'
import { createRepeatMetrics } from './repeat-metrics.ts'
import { Repeats } from './repeats.ts'

const subject = 'cmd.test'
const command = { commandId: 'c1' }
const accepted = { outcome: 'accepted', seq: 7 }
const overloaded = { outcome: 'refused', code: 'overloaded' }
const unknown = { outcome: 'unknown', code: 'outcome_unknown' }

/** What the servers hear, and how each copy of the command is answered: in the order in which they come. */
type Script = readonly (() => Promise<unknown>)[]

const never = () => new Promise<never>(() => {})
const at = (answer: unknown) => async () => answer

let air: ReturnType<typeof asking>
let metrics: Registry
let options: AskOptions
let copies: unknown[]

beforeEach(() => {
  air = asking()
  metrics = createMetrics({ role: 'test', ofProcess: false })
  const repeats = new Repeats({ clock: air.clock, metrics: createRepeatMetrics(metrics) })
  options = { ...air.options, repeats }
  copies = []
})

async function serve(script: Script): Promise<void> {
  await air.bus.serve(subject, async (message) => {
    const answer = script[copies.length]
    copies.push(message)
    return await (answer ?? never)()
  })
}

/** What is heard in the end, and after how many ms. */
async function ask(about: unknown = command): Promise<{ heard: Heard; afterMs: number }> {
  const { clock } = air
  const fromMs = clock.nowMs()
  const asked = askUntilHeard(options, subject, about)
  const result = asked.then((heard) => ({ heard, afterMs: clock.nowMs() - fromMs }))
  for (let ms = 0; ms <= verdictDeadlineMs; ms += 10) await clock.advanceAsync(10)
  return await result
}

async function repeated(asked: 'again' | 'no_more'): Promise<number> {
  const { values = [] } =
    (await metrics.getSingleMetric('outcry_gateway_repeats_total')?.get()) ?? {}
  return values.find(({ labels }) => labels['asked'] === asked)?.value ?? 0
}

describe('a command whose server says nothing', () => {
  test('is asked again, and the first decision is the answer', async () => {
    await serve([never, at(accepted)])
    const { heard, afterMs } = await ask()
    expect(heard).toEqual({ type: 'answer', answer: accepted })
    expect(afterMs).toBeLessThan(2 * askAgainAfterMs)
    expect(copies).toEqual([command, command])
    expect(await repeated('again')).toBe(1)
  })

  test('is asked again as long as there is patience, and no longer', async () => {
    await serve([])
    const { heard, afterMs } = await ask()
    expect(heard.type).toBe('lost')
    expect(copies).toHaveLength(verdictDeadlineMs / askAgainAfterMs)
    expect(afterMs).toBeGreaterThanOrEqual(verdictDeadlineMs)
    expect(air.clock.pending).toBe(0)
  })

  test('may be answered on the first copy after all; what comes later is dropped', async () => {
    const slow = Promise.withResolvers<unknown>()
    const later = Promise.withResolvers<unknown>()
    await serve([() => slow.promise, () => later.promise])
    air.clock.after(askAgainAfterMs + 200, () => slow.resolve(accepted))
    air.clock.after(askAgainAfterMs + 400, () => later.resolve({ ...accepted, replayed: true }))
    const { heard } = await ask()
    expect(heard).toEqual({ type: 'answer', answer: accepted })
    await air.clock.advanceAsync(verdictDeadlineMs)
    expect(air.clock.pending).toBe(0)
  })

  test('waits for its answer where it may not come twice', async () => {
    options = { ...options, repeats: undefined }
    await serve([])
    expect((await ask()).heard.type).toBe('lost')
    expect(copies).toHaveLength(1)
  })

  test('that is gone, and followed by nobody, may have done it', async () => {
    const unserve = await air.bus.serve(subject, never)
    air.clock.after(100, () => unserve())
    const { heard } = await ask()
    expect(heard.type).toBe('lost')
  })

  test('that is gone, and followed by another, is asked through the other', async () => {
    const unserve = await air.bus.serve(subject, never)
    air.clock.after(100, () => unserve())
    air.clock.after(700, () => void serve([at(accepted)]))
    expect((await ask()).heard).toEqual({ type: 'answer', answer: accepted })
  })
})

describe('an answer that is no decision', () => {
  test('is the answer where there is one copy', async () => {
    await serve([at(overloaded)])
    expect(await ask()).toEqual({ heard: { type: 'answer', answer: overloaded }, afterMs: 0 })
    expect(copies).toHaveLength(1)
    expect(await repeated('again')).toBe(0)
  })

  test('is not believed of the copies before it: the first one may be decided yet', async () => {
    const slow = Promise.withResolvers<unknown>()
    await serve([() => slow.promise, at(overloaded)])
    air.clock.after(askAgainAfterMs + 300, () => slow.resolve(accepted))
    expect((await ask()).heard).toEqual({ type: 'answer', answer: accepted })
  })

  test('is not believed where the first copy is never heard of', async () => {
    await serve([never, at(overloaded), at(overloaded), at(overloaded)])
    expect((await ask()).heard.type).toBe('lost')
  })

  test.each([
    ['all say so', [overloaded, overloaded], overloaded],
    ['one does not know', [overloaded, unknown], unknown],
    ['one does not know', [unknown, overloaded], unknown],
  ])('is the answer when all copies are heard of: %s', async (_, answers, told) => {
    const slow = Promise.withResolvers<unknown>()
    await serve([() => slow.promise, at(answers[1])])
    air.clock.after(askAgainAfterMs + 300, () => slow.resolve(answers[0]))
    expect((await ask()).heard).toEqual({ type: 'answer', answer: told })
  })

  test('a refusal that was decided is one', async () => {
    const paused = { outcome: 'refused', code: 'lot_paused', retryable: true }
    await serve([never, at(paused)])
    expect((await ask()).heard).toEqual({ type: 'answer', answer: paused })
  })
})

test('a store that stands still gets only so many copies, and the oldest commands first', async () => {
  await serve([])
  const many = Array.from({ length: repeatsPerIntervalMax + 50 }, (_, nth) => ({ commandId: nth }))
  const asked = many.map((each) => askUntilHeard(options, subject, each))
  await air.clock.advanceAsync(askAgainAfterMs + 10)
  expect(copies).toEqual([...many, ...many.slice(0, repeatsPerIntervalMax)])
  expect(await repeated('again')).toBe(repeatsPerIntervalMax)
  expect(await repeated('no_more')).toBe(50)
  await air.clock.advanceAsync(verdictDeadlineMs)
  const heard = await Promise.all(asked)
  expect(new Set(heard.map(({ type }) => type))).toEqual(new Set(['lost']))
})
