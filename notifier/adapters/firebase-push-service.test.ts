// The shipped way to FCM against what stands in for it: the same SDK, the same agent, real sockets.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { FcmFailure } from '../../platform/fcm/fcm-answers.ts'
import { createFcmStandIn, type FcmStandIn } from '../../platform/fcm/fcm-stand-in.ts'
import { createMemoryLimits } from '../../platform/limits/memory-limits.ts'
import { createLogger } from '../../platform/log.ts'
import { createMetrics } from '../../platform/metrics.ts'
import { systemClock } from '../../platform/system-clock.ts'
import { expectNoLeaks } from '../../platform/testing/leak-check.ts'
import { waitFor } from '../../platform/testing/wait-for.ts'
import type { PushResult } from '../ports/push-service.ts'
import { alert, to } from '../testing/pushes.ts'
import { createFirebasePushService, type FirebasePushOptions } from './firebase-push-service.ts'

expectNoLeaks()

let standIn: FcmStandIn
let lines: string[]
let metrics: ReturnType<typeof createMetrics>
let service: ReturnType<typeof createFirebasePushService>

beforeAll(async () => {
  standIn = createFcmStandIn()
  await standIn.start()
})
afterAll(() => standIn.stop())

async function restart(options: Partial<FirebasePushOptions> = {}): Promise<void> {
  await service?.stop()
  lines = []
  metrics = createMetrics({ role: 'test', ofProcess: false })
  service = createFirebasePushService({
    target: { type: 'stand_in', endpoint: standIn.endpoint },
    limits: createMemoryLimits({ pushes: 'off' }),
    clock: systemClock,
    log: createLogger({
      name: 'test',
      level: 'info',
      destination: { write: (line) => lines.push(line) },
    }),
    metrics,
    ...options,
  })
  await service.start()
}
beforeEach(() => restart())
afterEach(async () => {
  standIn.behave({ answer: 'accepted' })
  await service.stop()
})

/** Every test talks to phones of its own. */
let phones = 0
const aPhone = (): string => `phone-${++phones}`

describe('what FCM answers is', () => {
  const table: Readonly<Record<FcmFailure, PushResult>> = {
    unregistered: { type: 'unregistered' },
    invalid_token: { type: 'bad_token' },
    invalid_token_field: { type: 'bad_token' },
    invalid_message: { type: 'our_fault', detail: 'invalid: message.data[0].value' },
    too_large: { type: 'too_large' },
    too_large_for_android: { type: 'too_large' },
    sender_id_mismatch: { type: 'wrong_project' },
    third_party_auth_error: { type: 'apns_key', detail: 'THIRD_PARTY_AUTH_ERROR' },
    device_quota_exceeded: { type: 'device_throttled' },
    quota_exceeded: { type: 'throttled', retryAfterMs: 60_000 },
    rate_limit_exceeded: { type: 'throttled', retryAfterMs: 60_000 },
    internal: { type: 'unavailable' },
    unavailable: { type: 'unavailable' },
    bad_gateway: { type: 'unavailable' },
    unauthenticated: { type: 'unavailable' },
    permission_denied: { type: 'unavailable' },
    unknown_project: { type: 'unavailable' },
  }
  test.each(Object.entries(table) as [FcmFailure, PushResult][])(
    '%s: %o',
    async (answer, result) => {
      const phone = aPhone()
      await service.send(alert('ann:0'), to(phone))
      standIn.behave({ answer }, phone)
      expect(await service.send(alert('ann:1'), to(phone))).toEqual(result)
    },
  )

  test('accepted: with the name that FCM gave the message', async () => {
    const phone = aPhone()
    expect(await service.send(alert('ann:1', 'hi'), to(phone))).toEqual({
      type: 'accepted',
      messageId: expect.stringMatching(/^projects\/stand-in\/messages\/./),
    })
    expect(standIn.phone(phone)?.shown).toMatchObject([{ key: 'ann:1', title: 'Ann', body: 'hi' }])
  })

  test('for an installation id the same as for a token', async () => {
    const phone = aPhone()
    expect(await service.send(alert('ann:1'), to(phone, 'fid'))).toMatchObject({ type: 'accepted' })
    standIn.behave({ answer: 'unregistered' }, phone)
    expect(await service.send(alert('ann:2'), to(phone, 'fid'))).toEqual({ type: 'unregistered' })
  })
})

test('a payload above what FCM takes is too large, and its token is not at fault', async () => {
  const push = alert('ann:1', 'ä'.repeat(2_100))
  expect(await service.send(push, to(aPhone()))).toEqual({ type: 'too_large' })
})

test('what the SDK itself refuses is our fault, and nothing is sent', async () => {
  const before = standIn.requests
  const push = { ...alert('ann:1'), data: { key: 1 as unknown as string } }
  expect(await service.send(push, to(aPhone()))).toMatchObject({ type: 'our_fault' })
  expect(standIn.requests).toBe(before)
})

describe('the SDK does not ask again by itself', () => {
  test('while FCM is unavailable: each push is one request', async () => {
    const phone = aPhone()
    standIn.behave({ answer: 'unavailable' }, phone)
    const before = standIn.requests
    expect(await service.send(alert('ann:1'), to(phone))).toEqual({ type: 'unavailable' })
    standIn.behave({ answer: 'accepted' }, phone)
    expect(await service.send(alert('ann:2'), to(phone))).toMatchObject({ type: 'accepted' })
    expect(standIn.requests - before).toBe(2)
    expect(standIn.phone(phone)?.arrived).toBe(1)
  })

  test('when a connection breaks: once more at once, since it may only have idled too long', async () => {
    const phone = aPhone()
    standIn.behave({ answer: 'reset', times: 1 }, phone)
    expect(await service.send(alert('ann:1'), to(phone))).toMatchObject({ type: 'accepted' })
    standIn.behave({ answer: 'reset' }, phone)
    const before = standIn.requests
    expect(await service.send(alert('ann:2'), to(phone))).toEqual({ type: 'unavailable' })
    expect(standIn.requests - before).toBe(2)
  })

  test('when no answer comes: the push is given up, and sent no more', async () => {
    await restart({ bounds: { pushMsMax: 50 } })
    const phone = aPhone()
    standIn.behave({ answer: 'silence', times: 1 }, phone)
    expect(await service.send(alert('ann:1'), to(phone))).toEqual({ type: 'unavailable' })
    expect(standIn.phone(phone)).toBeUndefined()
  })

  test('where nobody listens', async () => {
    await restart({ target: { type: 'stand_in', endpoint: 'http://127.0.0.1:1' } })
    expect(await service.send(alert('ann:1'), to(aPhone()))).toEqual({ type: 'unavailable' })
  })
})

describe('FCM is left alone', () => {
  test('for as long as Retry-After says, whichever device was meant', async () => {
    const phone = aPhone()
    standIn.behave({ answer: 'quota_exceeded', retryAfterS: 1, times: 1 }, phone)
    expect(await service.send(alert('ann:1'), to(phone))).toEqual({
      type: 'throttled',
      retryAfterMs: 1_000,
    })
    const before = standIn.requests
    const held = await service.send(alert('ann:2'), to(aPhone()))
    expect(held).toMatchObject({ type: 'throttled', retryAfterMs: expect.any(Number) })
    expect(standIn.requests).toBe(before)
    await waitFor(async () => (await service.send(alert('ann:3'), to(phone))).type === 'accepted')
  })

  test('when a 503 asks for it, which the SDK keeps to itself', async () => {
    const phone = aPhone()
    standIn.behave({ answer: 'unavailable', retryAfterS: 1, times: 1 }, phone)
    expect(await service.send(alert('ann:1'), to(phone))).toEqual({
      type: 'unavailable',
      retryAfterMs: 1_000,
    })
    const held = await service.send(alert('ann:2'), to(phone))
    expect(held).toMatchObject({ type: 'unavailable', retryAfterMs: expect.any(Number) })
    await waitFor(async () => (await service.send(alert('ann:3'), to(phone))).type === 'accepted')
    expect(standIn.phone(phone)?.shown.map(({ key }) => key)).toEqual(['ann:3'])
  })

  test('not because of one device that gets too much', async () => {
    const phone = aPhone()
    standIn.behave({ answer: 'device_quota_exceeded', retryAfterS: 60 }, phone)
    await service.send(alert('ann:1'), to(phone))
    expect(await service.send(alert('bob:1'), to(aPhone()))).toMatchObject({ type: 'accepted' })
  })

  test('while half of everything fails, and is asked again after a while', async () => {
    const circuit = { failedShare: 0.5, windowMs: 1_000, perSecondMin: 1, asksAgainAfterMs: 100 }
    await restart({ bounds: { circuit } })
    standIn.behave({ answer: 'internal' })
    const phone = aPhone()
    await waitFor(async () => {
      const result = await service.send(alert('ann:1'), to(phone))
      return result.type === 'unavailable' && result.retryAfterMs === circuit.asksAgainAfterMs
    })
    const before = standIn.requests
    await Promise.all(Array.from({ length: 20 }, () => service.send(alert('ann:2'), to(phone))))
    expect(standIn.requests - before).toBeLessThanOrEqual(1)
    expect(await counted('outcry_fcm_sends_held_back_total', 'circuit')).toBeGreaterThan(0)
    standIn.behave({ answer: 'accepted' })
    await waitFor(async () => (await service.send(alert('ann:3'), to(phone))).type === 'accepted')
  })
})

test('no more are under way at once than may be', async () => {
  await restart({ bounds: { inFlightMax: 3, waitingMax: 2 } })
  const phone = aPhone()
  standIn.behave({ answer: 'accepted', afterMs: 50 }, phone)
  const results = await Promise.all(
    Array.from({ length: 7 }, (_, n) => service.send(alert(`ann:${n}`), to(phone))),
  )
  expect(results.map(({ type }) => type).toSorted()).toEqual([
    ...Array<string>(5).fill('accepted'),
    ...Array<string>(2).fill('throttled'),
  ])
})

test('below the quota of the project, and no further', async () => {
  await restart({ limits: createMemoryLimits({ pushes: { points: 2, windowMs: 60_000 } }) })
  const phone = aPhone()
  const results = [1, 2, 3].map((n) => service.send(alert(`ann:${n}`), to(phone)))
  expect(await Promise.all(results)).toMatchObject([
    { type: 'accepted' },
    { type: 'accepted' },
    { type: 'throttled', retryAfterMs: expect.any(Number) },
  ])
})

describe('a token of another project', () => {
  test('is believed to be one only after others were accepted', async () => {
    const stranger = aPhone()
    standIn.behave({ answer: 'sender_id_mismatch' }, stranger)
    expect(await service.send(alert('ann:1'), to(stranger))).toMatchObject({ type: 'our_fault' })
    await service.send(alert('bob:1'), to(aPhone()))
    expect(await service.send(alert('ann:2'), to(stranger))).toEqual({ type: 'wrong_project' })
  })

  test('is not believed to be one when all of them are: the service account is', async () => {
    await service.send(alert('bob:1'), to(aPhone()))
    standIn.behave({ answer: 'sender_id_mismatch' })
    const results: PushResult[] = []
    for (let n = 0; n < 12; n++) results.push(await service.send(alert(`ann:${n}`), to(aPhone())))
    expect(results.slice(-2)).toMatchObject([{ type: 'our_fault' }, { type: 'our_fault' }])
    expect(lines.join('')).toContain('of another project than the service account')
  })
})

test('what FCM has against the project is said once and not with every push, and tells no secret', async () => {
  standIn.behave({ answer: 'permission_denied' })
  for (let n = 0; n < 3; n++)
    await service.send(alert(`ann:${n}`, 'canary-4711'), to('canary-token'))
  const said = lines.filter((line) => line.includes('complaint'))
  expect(said).toHaveLength(1)
  expect(said[0]).toContain('Firebase Cloud Messaging API Admin')
  expect(lines.join('')).not.toMatch(/canary|Bearer/)
  expect(await counted('outcry_fcm_complaints_total')).toBe(3)
})

test('drains: what is under way ends, and then nothing is sent', async () => {
  const phone = aPhone()
  standIn.behave({ answer: 'accepted', afterMs: 50 }, phone)
  const sent = service.send(alert('ann:1'), to(phone))
  await service.drain(AbortSignal.timeout(5_000))
  await service.stop()
  expect(await sent).toMatchObject({ type: 'accepted' })
  expect(await service.send(alert('ann:2'), to(phone))).toEqual({ type: 'unavailable' })
})

async function counted(name: string, reason?: string): Promise<number> {
  const metric = await metrics.getSingleMetric(name)?.get()
  const values = metric?.values ?? []
  return (
    values.find(({ labels }) => reason === undefined || labels['reason'] === reason)?.value ?? 0
  )
}
