import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Bus } from '../../platform/bus/bus.ts'
import { createInProcessBus } from '../../platform/bus/in-process-bus.ts'
import { createLogger } from '../../platform/log.ts'
import { createMetrics, type Registry } from '../../platform/metrics.ts'
import { systemClock } from '../../platform/system-clock.ts'
import { settled } from '../../platform/testing/turns.ts'
import { waitFor } from '../../platform/testing/wait-for.ts'
import type { FeedOutcome } from '../../protocol/feed.ts'
import type { FeedCommand, FeedRequest } from '../../protocol/feed-commands.ts'
import type { UserEvents } from '../../protocol/notifications.ts'
import { feedCommandsSubject } from '../../protocol/subjects.ts'
import { deskStaleMs, deskTriesMax, deskWaitMsMax } from '../limits.ts'
import type { FeedRead, FeedRegister } from '../ports/feed-register.ts'
import { phone } from '../testing/devices.ts'
import { createDeskMetrics } from './feed-desk.metrics.ts'
import { FeedDesk } from './feed-desk.ts'

const ann = { userId: 'ann', roles: [] }
const away = () => Object.assign(new Error('away'), { code: '57P01' })

/** A register that notes what it is asked, and does it when it is let. */
class ScriptedRegister implements FeedRegister {
  readonly asked: string[] = []
  readonly faults: Error[] = []
  reading: FeedRead = { type: 'read', readSeq: 3, unread: 2 }
  #gate: Promise<void> | undefined

  hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#gate = promise
    return resolve
  }

  register(userId: string, { deviceId }: { deviceId: string }): Promise<void> {
    return this.#do(`register ${userId} ${deviceId}`)
  }

  remove(userId: string, deviceId: string): Promise<void> {
    return this.#do(`remove ${userId} ${deviceId}`)
  }

  revoke(userId: string, deviceId: string | undefined, untilMs: number): Promise<void> {
    return this.#do(`revoke ${userId} ${deviceId} ${untilMs}`)
  }

  prefer(userId: string, changes: object): Promise<void> {
    return this.#do(`prefer ${userId} ${JSON.stringify(changes)}`)
  }

  async read(userId: string, seq: number): Promise<FeedRead> {
    await this.#do(`read ${userId} ${seq}`)
    return this.reading
  }

  note(): Promise<void> {
    return this.#do('note')
  }

  async #do(what: string): Promise<void> {
    this.asked.push(what)
    await this.#gate
    const fault = this.faults.shift()
    if (fault !== undefined) throw fault
  }
}

let bus: Bus
let registry: Registry
let register: ScriptedRegister
let lines: string[]
let desk: FeedDesk

beforeEach(async () => {
  bus = createInProcessBus({ copy: true })
  registry = createMetrics({ role: 'test', ofProcess: false })
  register = new ScriptedRegister()
  lines = []
  const log = createLogger({ name: 'test', destination: { write: (line) => lines.push(line) } })
  const metrics = createDeskMetrics(registry)
  desk = new FeedDesk({ register, bus, clock: systemClock, log, metrics })
  await desk.start()
})
afterEach(async () => {
  await desk.stop()
})

function ask(command: FeedCommand, askedAtMs = systemClock.nowMs()): Promise<FeedOutcome> {
  const request: FeedRequest = { ...command, askedAtMs }
  return bus.request(feedCommandsSubject, request, 10_000) as Promise<FeedOutcome>
}

const read = (seq: number): FeedCommand => ({ type: 'mark_read', seq, actor: ann })

describe('what users settle', () => {
  test.each<[FeedCommand, string]>([
    [{ type: 'register_device', device: phone('p1'), actor: ann }, 'register ann p1'],
    [{ type: 'remove_device', deviceId: 'p1', actor: ann }, 'remove ann p1'],
    [
      { type: 'set_preferences', changes: { previews: false }, actor: ann },
      'prefer ann {"previews":false}',
    ],
    [
      {
        type: 'revoke_devices',
        userId: 'bob',
        deviceId: 'p1',
        untilMs: 7,
        actor: { userId: 'house', roles: ['service'] },
      },
      'revoke bob p1 7',
    ],
  ])('is carried out and accepted: $type', async (command, done) => {
    expect(await ask(command)).toEqual({ outcome: 'accepted', serverTime: expect.any(Number) })
    expect(register.asked).toEqual([done])
  })

  test('is theirs alone: nobody but the marketplace revokes devices of others', async () => {
    const revoke = { type: 'revoke_devices', userId: 'bob', untilMs: 7, actor: ann } as const
    expect(await ask(revoke)).toMatchObject({ outcome: 'refused', code: 'not_permitted' })
    expect(register.asked).toEqual([])
  })

  test('is carried out one after the other, in the order in which it came', async () => {
    const open = register.hold()
    const seqs = [1, 2, 3]
    const answers = seqs.map((seq) => ask(read(seq)))
    await settled()
    expect(register.asked).toEqual(['read ann 1'])
    open()
    await Promise.all(answers)
    expect(register.asked).toEqual(['read ann 1', 'read ann 2', 'read ann 3'])
  })
})

test('what was asked too long ago is not carried out: something else may have been settled since', async () => {
  const nowMs = systemClock.nowMs()
  expect(await ask(read(1), nowMs - deskStaleMs - 1)).toMatchObject({ code: 'overloaded' })
  expect(register.asked).toEqual([])
  // The clock of another machine may be ahead.
  expect(await ask(read(1), nowMs + 60_000)).toMatchObject({ outcome: 'accepted' })
})

describe('a feed that was read', () => {
  test('is told to the user’s gateways with what is left, once it is committed', async () => {
    const heard: UserEvents[] = []
    await bus.listen('evt.user.ann', (message) => heard.push(message as UserEvents))
    expect(await ask(read(3))).toMatchObject({
      outcome: 'accepted',
      readSeq: 3,
      unread: 2,
    })
    await waitFor(() => heard.length > 0)
    expect(heard).toEqual([{ userId: 'ann', events: [], read: { readSeq: 3, unread: 2 } }])
  })

  test('beyond its end is refused, and told to nobody', async () => {
    const heard: unknown[] = []
    await bus.listen('evt.user.ann', (message) => heard.push(message))
    register.reading = { type: 'beyond_end', max: 2 }
    expect(await ask(read(3))).toMatchObject({
      outcome: 'refused',
      code: 'mark_beyond_end',
      max: 2,
      retryable: true,
    })
    await settled()
    expect(heard).toEqual([])
  })
})

describe('a database that fails', () => {
  const command: FeedCommand = { type: 'register_device', device: phone('p1'), actor: ann }

  test('for a moment is tried again', async () => {
    register.faults.push(away(), away())
    expect(await ask(command)).toMatchObject({ outcome: 'accepted' })
    expect(register.asked).toHaveLength(3)
  })

  test('for longer leaves the outcome unknown', async () => {
    register.faults.push(...Array.from({ length: deskTriesMax }, away))
    expect(await ask(command)).toMatchObject({ outcome: 'unknown', code: 'outcome_unknown' })
    expect(register.asked).toHaveLength(deskTriesMax)
  })

  test('for good is an incident, whose line holds no push token', async () => {
    const quoting = Object.assign(new Error('bad row: p1-token'), { code: '23514' })
    register.faults.push(quoting)
    const outcome = await ask(command)
    expect(outcome).toMatchObject({ outcome: 'refused', code: 'internal' })
    const { incidentId } = outcome as { incidentId?: string }
    expect(lines.join('\n')).toContain(incidentId)
    expect(lines.join('\n')).not.toContain('p1-token')
    expect(await ask(command)).toMatchObject({ outcome: 'accepted' })
  })
})

describe('more than the desk can carry out', () => {
  test('is turned away at once, and nothing of it is done', async () => {
    const open = register.hold()
    const first = ask(read(1))
    const second = ask(read(2))
    await waitFor(() => register.asked.length === 1)
    const startedMs = systemClock.nowMs()
    await waitFor(() => systemClock.nowMs() > startedMs + deskWaitMsMax)
    const turnedAway = await ask(read(3))
    expect(turnedAway).toMatchObject({ outcome: 'refused', code: 'overloaded', retryable: true })
    expect(turnedAway).toHaveProperty('retryAfterMs')
    open()
    expect(await first).toMatchObject({ outcome: 'accepted' })
    expect(await second).toMatchObject({ outcome: 'accepted' })
    expect(register.asked).toEqual(['read ann 1', 'read ann 2'])
    expect(await ask(read(4))).toMatchObject({ outcome: 'accepted' })
    const text = await registry.metrics()
    expect(text).toContain('type="mark_read",outcome="overloaded"')
  })

  test('is no more once it drains: what was admitted is carried out, what comes finds nobody', async () => {
    const open = register.hold()
    const first = ask(read(1))
    const second = ask(read(2))
    await waitFor(() => register.asked.length === 1)
    const drained = desk.drain(new AbortController().signal)
    open()
    await drained
    expect(await first).toMatchObject({ outcome: 'accepted' })
    expect(await second).toMatchObject({ outcome: 'accepted' })
    await expect(ask(read(3))).rejects.toThrow('cmd.feed')
  })
})
