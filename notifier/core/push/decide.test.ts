import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { NOTIFICATION_TYPES, type Notification } from '../../../protocol/notifications.ts'
import { type Decision, decide } from './decide.ts'
import type { Presence, PushFacts } from './facts.ts'
import { UNCOUNTED_TYPES } from './policy.ts'

const second = 1_000
const minute = 60 * second
const hour = 60 * minute
/** Noon in summer in Berlin. */
const told = Date.UTC(2026, 6, 1, 10)
const lotId = '0190a1b2-1111-7222-8333-123456789abc'
const conversationId = '0190a1b2-2222-7222-8333-123456789abc'

const message: Notification = {
  seq: 7,
  type: 'message',
  at: told,
  conversationId,
  messageId: lotId,
  messageSeq: 3,
  senderId: 'sam',
  kind: 'text',
  text: 'hello',
}
const outbid: Notification = {
  seq: 7,
  type: 'outbid',
  at: told,
  lotId,
  title: 'Palm Vx',
  currency: 'USD',
  price: 5_000,
  minNext: 5_500,
  endsAt: told + hour,
}
const openLot = { isOpen: true, endsAtMs: told + hour, leads: false }
const order = { seq: 7, type: 'order_created', at: told, orderId: lotId, lotId } as const
const atNight = { timeZone: 'Europe/Berlin', fromMin: 22 * 60, toMin: 7 * 60 }
const atNoon = { timeZone: 'Europe/Berlin', fromMin: 11 * 60, toMin: 13 * 60 }

const away: Presence = { isConnected: false, hasOpen: false }
const here: Presence = { isConnected: true, hasOpen: false }

interface Case extends Partial<Omit<PushFacts, 'told' | 'device'>> {
  readonly n?: Notification
  readonly isRead?: boolean
  readonly isDelivered?: boolean
  readonly quiet?: typeof atNight
  readonly presence?: Presence | undefined
  /** After it was told. */
  readonly afterMs?: number
}

function facts({
  n = message,
  isRead = false,
  isDelivered = false,
  quiet,
  ...more
}: Case): PushFacts {
  return {
    device: { platform: 'android', locale: 'en', ...(quiet === undefined ? {} : { quiet }) },
    told: { userId: 'ann', notification: n, isRead, isDelivered },
    isOvertaken: false,
    wanted: 'push',
    previews: true,
    isMuted: false,
    pushesLastHour: 0,
    pushesUnheard: 0,
    unread: 1,
    ...more,
  }
}

/** `send`, `digest`, `skip <reason>`, or `later <reason> +<seconds after it was told>`. */
function words(decision: Decision): string {
  if (decision.type === 'skip') return `skip ${decision.reason}`
  if (decision.type !== 'later') return decision.type
  return `later ${decision.reason} +${(decision.untilMs - told) / second}`
}

function decided({ presence = away, afterMs = 100, ...rest }: Case): string {
  return words(decide(facts(rest), presence, { nowMs: told + afterMs, toldAtMs: told }))
}

describe('a message', () => {
  test.each<[string, Case, string]>([
    ['to somebody who is away', {}, 'send'],
    ['that was read elsewhere', { isRead: true }, 'skip read'],
    ['that this device has', { isDelivered: true }, 'skip delivered'],
    [
      'in a conversation open here',
      { presence: { isConnected: true, hasOpen: true } },
      'skip open',
    ],
    ['to a device that is connected', { presence: here }, 'later connected +3'],
    ['to one connected that does not say it has it', { presence: here, afterMs: 3_000 }, 'send'],
    ['of oneself', { n: { ...message, senderId: 'ann' } }, 'skip own'],
    ['where one has muted or blocked', { isMuted: true }, 'skip muted'],
    ['that one wants only in the feed', { wanted: 'feed' }, 'skip not_wanted'],
    ['that was pushed before', { before: 'ended' }, 'skip sent_before'],
    ['that waits for a digest', { before: 'waits' }, 'skip sent_before'],
    ['by night', { quiet: atNight }, 'send'],
    ['in quiet hours', { quiet: atNoon }, 'later quiet +3600'],
    ['after 19 in the hour', { pushesLastHour: 19 }, 'send'],
    ['after 20 in the hour', { pushesLastHour: 20 }, 'digest'],
    ['of yesterday', { afterMs: 24 * hour }, 'skip stale'],
  ])('%s', (_, given, expected) => {
    expect(decided(given)).toBe(expected)
  })

  test.each(['text', 'image', 'file'] as const)(
    'I21: of kind %s that was deleted is pushed no more',
    (kind) => {
      const { text: _, ...silent } = message
      expect(decided({ n: { ...silent, kind, deleted: true } })).toBe('skip deleted')
    },
  )

  test('that never had words is pushed', () => {
    const { text: _, ...image } = { ...message, kind: 'image' as const }
    expect(decided({ n: image })).toBe('send')
  })

  test('where the gateways cannot be asked, the device may be connected', () => {
    const [known, moment] = [facts({}), { nowMs: told + 100, toldAtMs: told }]
    expect(words(decide(known, undefined, moment))).toBe('later connected +3')
    expect(words(decide(known, undefined, { ...moment, nowMs: told + 3_000 }))).toBe('send')
  })
})

describe('an outbid', () => {
  test.each<[string, Case, string]>([
    ['to somebody who is away', {}, 'send'],
    ['in quiet hours', { quiet: atNoon }, 'send'],
    ['after 20 in the hour', { pushesLastHour: 20 }, 'send'],
    ['after a minute', { afterMs: minute }, 'skip stale'],
    ['on a lot that has ended', { lot: { ...openLot, isOpen: false } }, 'skip lot_ended'],
    ['of who leads again', { lot: { ...openLot, leads: true } }, 'skip leads_again'],
    ['a moment before the end', { lot: { ...openLot, endsAtMs: told + 100 } }, 'skip stale'],
  ])('%s', (_, given, expected) => {
    expect(decided({ n: outbid, lot: openLot, ...given })).toBe(expected)
  })
})

describe('what else is told', () => {
  test.each<[string, Case, string]>([
    ['won, in quiet hours', { n: { ...order, type: 'lot_won' }, quiet: atNoon }, 'send'],
    ['won, after 20 in the hour', { n: { ...order, type: 'lot_won' }, pushesLastHour: 20 }, 'send'],
    [
      'lost, in quiet hours',
      { n: { ...order, type: 'lot_lost' }, quiet: atNoon },
      'later quiet +3600',
    ],
    [
      'ending, though one leads',
      { n: { ...outbid, type: 'lot_ending' }, lot: { ...openLot, leads: true } },
      'send',
    ],
    [
      'ending, late',
      { n: { ...outbid, type: 'lot_ending' }, lot: openLot, afterMs: hour },
      'skip stale',
    ],
    ['sold, to the seller', { n: { ...order, buyerId: 'bob', sellerId: 'ann' } }, 'send'],
    [
      'sold, to who won it',
      { n: { ...order, buyerId: 'ann', sellerId: 'sam' } },
      'skip said_otherwise',
    ],
    [
      'sold by an accepted offer',
      { n: { ...order, orderId: conversationId } },
      'skip said_otherwise',
    ],
    ['of a device that is gone', {}, 'skip device_gone'],
    ['that is gone', {}, 'skip notification_gone'],
  ])('%s', (title, given, expected) => {
    if (!title.endsWith('gone')) return expect(decided(given)).toBe(expected)
    const { device, told: known, ...others } = facts(given)
    const left = expected === 'skip device_gone' ? { told: known } : { device }
    expect(
      words(decide({ ...others, ...left } as PushFacts, away, { nowMs: told, toldAtMs: told })),
    ).toBe(expected)
  })
})

describe('whatever is known', () => {
  const anything = fc.record({
    type: fc.constantFrom(...NOTIFICATION_TYPES),
    before: fc.option(fc.constantFrom('waits' as const, 'ended' as const), { nil: undefined }),
    wanted: fc.constantFrom('push' as const, 'feed' as const, 'off' as const),
    isRead: fc.boolean(),
    isDelivered: fc.boolean(),
    isMuted: fc.boolean(),
    isDeleted: fc.boolean(),
    senderId: fc.constantFrom('ann', 'sam'),
    quiet: fc.constantFrom(undefined, atNight, atNoon),
    pushesLastHour: fc.nat(40),
    connected: fc.constantFrom(undefined, true, false),
    hasOpen: fc.boolean(),
    afterMs: fc.nat(48 * hour),
  })

  test('nothing is sent that must not be', () => {
    fc.assert(
      fc.property(anything, (any) => {
        const { text: _, ...silent } = message
        const said = any.isDeleted ? { ...silent, deleted: true as const } : message
        const n = { ...said, type: any.type, senderId: any.senderId }
        const { before, quiet, connected, ...known } = any
        const presence =
          connected === undefined ? undefined : { isConnected: connected, hasOpen: any.hasOpen }
        const decision = decide(
          {
            ...facts({ ...known, n, ...(quiet === undefined ? {} : { quiet }) }),
            ...(before === undefined ? {} : { before }),
          },
          presence,
          { nowMs: told + any.afterMs, toldAtMs: told },
        )
        if (decision.type === 'later') expect(decision.untilMs).toBeGreaterThan(told + any.afterMs)
        if (decision.type === 'skip') return
        expect(before).toBeUndefined()
        expect([any.wanted, any.senderId, any.isRead, any.isDelivered, any.isMuted]).toEqual([
          'push',
          'sam',
          false,
          false,
          false,
        ])
        expect(any.type === 'message' && any.isDeleted).toBe(false)
        expect(presence?.hasOpen ?? false).toBe(false)
        if (decision.type === 'digest') expect(UNCOUNTED_TYPES).not.toContain(any.type)
        if (decision.type !== 'send') return
        expect(connected === false || any.afterMs >= 3_000).toBe(true)
        if (any.pushesLastHour >= 20) expect(UNCOUNTED_TYPES).toContain(any.type)
      }),
      { numRuns: 1_000 },
    )
  })
})
