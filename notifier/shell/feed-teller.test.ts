import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Bus } from '../../platform/bus/bus.ts'
import { createInProcessBus } from '../../platform/bus/in-process-bus.ts'
import type { Timer } from '../../platform/clock.ts'
import type { Part } from '../../platform/lifecycle.ts'
import { createLogger } from '../../platform/log.ts'
import { createMetrics, type Registry } from '../../platform/metrics.ts'
import { VirtualClock } from '../../platform/testing/virtual-clock.ts'
import type { UserEvents } from '../../protocol/notifications.ts'
import { outboxHintSubject, userEventsSubject } from '../../protocol/subjects.ts'
import { lotTellings, pauseMs, pollMs } from '../limits.ts'
import type { FeedJournal, Told } from '../ports/feed-journal.ts'
import { createFeedMetrics } from './feed-teller.metrics.ts'
import { createFeedTeller } from './feed-teller.ts'

const nothing: Told = {
  commits: 0,
  feeds: [],
  underivable: [],
  oldestAtMs: undefined,
  left: false,
  lots: new Map(),
}

function feed(userId: string, ...seqs: number[]): UserEvents {
  return { userId, events: seqs.map((seq) => ({ seq, type: 'outbid', at: 1, lotId: 'lot' })) }
}

/** A journal whose passes the test scripts; what is not scripted tells nothing. */
class ScriptedJournal implements FeedJournal {
  readonly passes: (Told | Error | Promise<Told>)[] = []
  calls = 0
  /** The lots that were to be left alone, pass by pass. */
  readonly resting: (readonly string[])[] = []

  async tell(_: unknown, resting: readonly string[]): Promise<Told> {
    this.calls += 1
    this.resting.push(resting)
    const next = this.passes.shift() ?? nothing
    if (next instanceof Error) throw next
    return next
  }
}

let clock: VirtualClock
let bus: Bus
let journal: ScriptedJournal
let registry: Registry
let lines: string[]
let teller: Part

/** Its timers go off a millisecond late, as those of a busy process do. */
class LateClock extends VirtualClock {
  override after(delayMs: number, action: () => void): Timer {
    return super.after(delayMs + 1, action)
  }
}

beforeEach(() => made(new VirtualClock(10_000)))

function made(on: VirtualClock): void {
  clock = on
  bus = createInProcessBus({ copy: true, clock })
  journal = new ScriptedJournal()
  registry = createMetrics({ role: 'test', ofProcess: false })
  lines = []
  const log = createLogger({ name: 'test', destination: { write: (line) => lines.push(line) } })
  const metrics = createFeedMetrics(registry)
  teller = createFeedTeller({ journal, bus, clock, log, metrics })
}
afterEach(async () => {
  await teller.stop()
  expect(clock.pending).toBe(0)
})

/** Lets the first passes, and the pauses after them, go by. */
async function started(passes = 1): Promise<void> {
  await teller.start()
  await clock.advanceAsync(passes * pauseMs)
  expect(journal.calls).toBe(passes)
}

async function metric(name: string): Promise<number | undefined> {
  const found = await registry.getSingleMetric(name)?.get()
  return found?.values[0]?.value
}

describe('when it looks', () => {
  test('at the start, for what waited while no notifier ran', async () => {
    await started()
  })

  test('at once after a hint', async () => {
    await started()
    bus.publish(outboxHintSubject, {})
    await clock.advanceAsync(0)
    await clock.advanceAsync(0)
    expect(journal.calls).toBe(2)
  })

  test('without a hint, each second', async () => {
    await started()
    await clock.advanceAsync(pollMs)
    expect(journal.calls).toBe(2)
    await clock.advanceAsync(pollMs)
    expect(journal.calls).toBe(3)
  })

  test('once for all hints that came during a pass and the pause after it', async () => {
    await started()
    for (let hints = 0; hints < 50; hints += 1) {
      bus.publish(outboxHintSubject, {})
      await clock.advanceAsync(pauseMs / 100)
    }
    await clock.advanceAsync(pauseMs)
    expect(journal.calls).toBe(3)
  })

  test('again without a pause while there is a backlog', async () => {
    const some = { ...nothing, commits: 5, left: true }
    journal.passes.push(some, some, some, { ...some, left: false })
    await teller.start()
    await clock.advanceAsync(0)
    await clock.advanceAsync(0)
    expect(journal.calls).toBe(4)
  })

  test('again after a pause where all that is left is in other hands', async () => {
    const held = { ...nothing, left: true }
    journal.passes.push(held, held)
    await teller.start()
    await clock.advanceAsync(pauseMs - 1)
    expect(journal.calls).toBe(1)
    await clock.advanceAsync(2 * pauseMs)
    expect(journal.calls).toBe(3)
  })
})

describe('a lot in a storm', () => {
  const hot = { ...nothing, commits: 1, lots: new Map([['hot', 1]]) }

  test('is told of as fast as it comes at first, and then rests between two tellings', async () => {
    journal.passes.push(...Array.from({ length: lotTellings.burst }, () => hot))
    await started()
    for (let passes = 1; passes < lotTellings.burst; passes += 1) {
      bus.publish(outboxHintSubject, {})
      await clock.advanceAsync(pauseMs)
    }
    expect(journal.resting.flat()).toEqual([])
    bus.publish(outboxHintSubject, {})
    await clock.advanceAsync(pauseMs)
    expect(journal.resting.at(-1)).toEqual(['hot'])
  })

  test('has nobody look for its commits while it rests, but for those of others', async () => {
    journal.passes.push(...Array.from({ length: lotTellings.burst }, () => hot))
    await started()
    for (let passes = 1; passes < lotTellings.burst; passes += 1) {
      bus.publish(outboxHintSubject, { lotId: 'hot' })
      await clock.advanceAsync(pauseMs)
    }
    const { calls } = journal
    bus.publish(outboxHintSubject, { lotId: 'hot' })
    await clock.advanceAsync(pauseMs)
    expect(journal.calls).toBe(calls)
    bus.publish(outboxHintSubject, { lotId: 'quiet' })
    await clock.advanceAsync(pauseMs)
    expect(journal.calls).toBe(calls + 1)
  })

  test('is looked at again, without a hint, as soon as it has rested', async () => {
    journal.passes.push(...Array.from({ length: lotTellings.burst }, () => hot))
    await started()
    for (let passes = 1; passes < lotTellings.burst; passes += 1) {
      bus.publish(outboxHintSubject, {})
      await clock.advanceAsync(0)
      await clock.advanceAsync(pauseMs)
    }
    const { calls } = journal
    expect(calls).toBe(lotTellings.burst)
    await clock.advanceAsync(lotTellings.everyMs)
    expect(journal.calls).toBe(calls + 1)
    expect(journal.resting.at(-1)).toEqual([])
  })

  test('is looked at again though it has rested while a pass without it was under way', async () => {
    made(new LateClock(10_000))
    const restsUntilMs = clock.nowMs() + lotTellings.everyMs
    journal.passes.push(...Array.from({ length: lotTellings.burst }, () => hot))
    await started()
    for (let passes = 1; passes < lotTellings.burst; passes += 1) {
      bus.publish(outboxHintSubject, {})
      await clock.advanceAsync(2 * pauseMs)
    }
    const { calls } = journal
    expect(calls).toBe(lotTellings.burst)
    const pass = Promise.withResolvers<Told>()
    journal.passes.push(pass.promise)
    bus.publish(outboxHintSubject, { lotId: 'quiet' })
    await clock.advanceAsync(restsUntilMs - clock.nowMs())
    expect(journal.resting.at(-1)).toEqual(['hot'])
    pass.resolve(nothing)
    await clock.advanceAsync(2 * pauseMs)
    expect(journal.calls).toBe(calls + 2)
    expect(journal.resting.at(-1)).toEqual([])
  })
})

describe('what it told', () => {
  test('is announced to each user’s gateways, in order', async () => {
    const heard: unknown[] = []
    await bus.listen(userEventsSubject('ann'), (message) => heard.push(message))
    await bus.listen(userEventsSubject('bob.b'), (message) => heard.push(message))
    journal.passes.push(
      { ...nothing, commits: 1, feeds: [feed('ann', 1), feed('bob.b', 7, 8)], left: true },
      { ...nothing, commits: 1, feeds: [feed('ann', 2)] },
    )
    await started(2)
    expect(heard).toEqual([feed('ann', 1), feed('bob.b', 7, 8), feed('ann', 2)])
  })

  test('is counted, with the lag of the oldest', async () => {
    journal.passes.push({ ...nothing, commits: 1, feeds: [feed('ann', 1, 2)], oldestAtMs: 9_900 })
    await started()
    expect(await metric('outcry_notifier_notifications_total')).toBe(2)
    const page = await registry.metrics()
    expect(page).toMatch(/outcry_notifier_feed_lag_ms_sum\{.*\} 100\n/)
  })

  test('what could not be derived is an alarm and a log line, and work goes on', async () => {
    const fault = new Error('lot x lacks events')
    journal.passes.push({
      ...nothing,
      commits: 1,
      underivable: [{ outboxId: 3, source: 'lot', aggregateId: 'x', fromSeq: 4, toSeq: 5, fault }],
    })
    await started()
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({ level: 'error', aggregateId: 'x', fromSeq: 4, outboxId: 3 }),
    ])
    expect(await metric('outcry_notifier_underivable_commits_total')).toBe(1)
    await clock.advanceAsync(pollMs)
    expect(journal.calls).toBe(2)
  })
})

describe('when the database fails', () => {
  test('it tries again, ever later, goes on where it was, and says so once', async () => {
    const lost = Object.assign(new Error('connection lost'), { code: 'ECONNRESET' })
    const strange = new Error('something else')
    journal.passes.push(lost, strange, lost, { ...nothing, commits: 1, feeds: [feed('ann', 1)] })
    const heard: unknown[] = []
    await bus.listen(userEventsSubject('ann'), (message) => heard.push(message))
    await teller.start()
    await clock.advanceAsync(60_000)
    expect(heard).toEqual([feed('ann', 1)])
    expect(await metric('outcry_notifier_failed_passes_total')).toBe(3)
    expect(lines.map((line) => JSON.parse(line).msg)).toEqual([
      'telling failed; it is tried again',
      'telling works again',
    ])
  })
})

describe('the end', () => {
  test('the pass under way is finished and announced, and no other begins', async () => {
    let finish: ((told: Told) => void) | undefined
    const pass = new Promise<Told>((resolve) => {
      finish = resolve
    })
    journal.passes.push(pass)
    const heard: unknown[] = []
    await bus.listen(userEventsSubject('ann'), (message) => heard.push(message))
    await teller.start()
    await clock.advanceAsync(0)
    const steps: string[] = []
    const drained = teller.drain(new AbortController().signal).then(() => steps.push('drained'))
    await clock.advanceAsync(0)
    expect(steps).toEqual([])
    finish?.({ ...nothing, commits: 1, feeds: [feed('ann', 1)], left: true })
    await drained
    bus.publish(outboxHintSubject, {})
    await clock.advanceAsync(2 * pollMs)
    expect(heard).toEqual([feed('ann', 1)])
    expect(journal.calls).toBe(1)
  })

  test('it does not wait for a database that is away', async () => {
    journal.passes.push(...Array.from({ length: 100 }, () => new Error('away')))
    await teller.start()
    await clock.advanceAsync(5_000)
    await teller.drain(new AbortController().signal)
    const calls = journal.calls
    await clock.advanceAsync(60_000)
    expect(journal.calls).toBe(calls)
  })

  test('stopping what never started is fine', async () => {
    await teller.stop()
    await teller.stop()
    expect(journal.calls).toBe(0)
  })
})
