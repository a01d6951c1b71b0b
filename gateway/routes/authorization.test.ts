import { describe, expect, test } from 'vitest'
import { ROLES } from '../../protocol/identity.ts'
import { METHODS, type MethodName } from '../../protocol/methods.ts'
import { identity } from '../testing/people.ts'
import { ACTIONS, type Action, CAPACITIES, type Capacity, forbidden } from './authorization.ts'

const everybody: readonly Capacity[] = CAPACITIES
const withToken = CAPACITIES.filter(
  (capacity) => capacity !== 'anonymous' && capacity !== 'room_watcher',
)
const inTheTalk: readonly Capacity[] = ['member']
const inTheTalkOrKeepingOrder: readonly Capacity[] = ['member', 'moderator', 'service', 'admin']

/** The same rights once more, as sentences: who may. All others may not. */
const whoMay: Record<Action, readonly Capacity[]> = {
  'time.sync': everybody,
  'lot.get': everybody,
  'lot.bids': everybody,
  'bid.place': withToken,
  'bid.retract': withToken,
  'lot.create': ['seller', 'service'],
  'lot.publish': ['lot_seller', 'service'],
  'lot.update': ['lot_seller', 'service'],
  'lot.withdraw': ['lot_seller', 'service'],
  'lot.cancel': ['service', 'admin'],
  'lot.see_draft': ['lot_seller', 'service'],
  'lot.subscribe': everybody,
  'lot.history': everybody,
  'lot.presence': withToken,
  'lot.presence_stats': everybody,
  'lot.see_watchers': ['auctioneer', 'moderator', 'service', 'admin'],
  'lot.channel_publish': [],
  'user.subscribe': ['self'],
  'user.history': ['self'],
  'user.presence': ['self', 'service'],
  'user.presence_stats': ['self', 'service'],
  'user.channel_publish': [],
  'user.revoke': ['service'],
  'chat.open': withToken,
  'chat.open_for_others': ['service'],
  'chat.list': withToken,
  'chat.search': withToken,
  'chat.block': withToken,
  'chat.unblock': withToken,
  'chat.blocks': withToken,
  'chat.settings': withToken,
  'chat.updateSettings': withToken,
  'chat.get': inTheTalkOrKeepingOrder,
  'chat.history': ['room_watcher', ...inTheTalkOrKeepingOrder],
  'chat.subscribe': ['room_watcher', 'member'],
  'chat.presence': ['member', 'service'],
  'chat.presence_stats': ['room_watcher', 'member', 'service'],
  'chat.see_visitors': ['lot_seller', 'moderator', 'service', 'admin'],
  'chat.channel_publish': inTheTalk,
  'chat.send': inTheTalk,
  'chat.send_system': ['service'],
  'chat.edit': inTheTalk,
  'chat.delete': ['member', 'moderator', 'admin'],
  'chat.react': inTheTalk,
  'chat.offer': inTheTalk,
  'chat.delivered': inTheTalk,
  'chat.read': inTheTalk,
  'chat.update': inTheTalk,
  'chat.mute': inTheTalk,
  'chat.report': inTheTalk,
  'chat.slowMode': ['lot_seller', 'moderator', 'service', 'admin'],
  'attachment.create': inTheTalk,
  'attachment.get': inTheTalkOrKeepingOrder,
  'chat.versions': ['moderator', 'admin'],
  'chat.legalHold': ['service', 'admin'],
  'moderation.queue': ['moderator', 'admin'],
  'moderation.decide': ['moderator', 'admin'],
  'moderation.silence': ['moderator', 'service', 'admin'],
  'moderation.rules': ['moderator', 'service', 'admin'],
  'moderation.setRules': ['service', 'admin'],
  'notification.list': withToken,
  'notification.read': withToken,
  'notification.delivered': withToken,
  'notification.preferences': withToken,
  'notification.prefer': withToken,
  'device.list': withToken,
  'device.register': withToken,
  'device.remove': withToken,
  'webhook.create': ['service'],
  'webhook.list': ['service'],
  'webhook.get': ['service'],
  'webhook.update': ['service'],
  'webhook.delete': ['service'],
  'webhook.rotateSecret': ['service'],
  'webhook.deliveries': ['service'],
  'webhook.replay': ['service'],
  'webhook.test': ['service'],
  'user.erase': ['service', 'admin'],
}

/** Asks for `action` in one capacity and, beside it, in none but that of any user. */
function answerTo(action: Action, capacity: Capacity) {
  const ofBob = { sellerId: 'bob', userId: 'bob' }
  if (capacity === 'anonymous') return forbidden(action, undefined, ofBob)
  if (capacity === 'room_watcher') return forbidden(action, undefined, { inConversation: true })
  if (capacity === 'user') return forbidden(action, identity('ann'), ofBob)
  if (capacity === 'self') return forbidden(action, identity('ann'), { userId: 'ann' })
  if (capacity === 'lot_seller') return forbidden(action, identity('ann'), { sellerId: 'ann' })
  if (capacity === 'member') return forbidden(action, identity('ann'), { inConversation: true })
  return forbidden(action, identity('ann', capacity), ofBob)
}

describe.each(ACTIONS)('%s', (action) => {
  test.each(CAPACITIES)('as %s', (capacity) => {
    const answer = answerTo(action, capacity)
    if (whoMay[action].includes(capacity)) expect(answer).toBeUndefined()
    else expect(answer).toMatch(/^(?:unauthorized|permission_denied)$/)
  })
})

test('who has no token is told to bring one for a method, and denied on a channel', () => {
  expect(forbidden('bid.place', undefined)).toBe('unauthorized')
  expect(forbidden('lot.publish', undefined)).toBe('unauthorized')
  expect(forbidden('lot.presence', undefined)).toBe('permission_denied')
  expect(forbidden('user.subscribe', undefined)).toBe('permission_denied')
})

test('a role without the right takes none away', () => {
  expect(forbidden('lot.publish', identity('sel', ...ROLES), { sellerId: 'bob' })).toBeUndefined()
  const seller = identity('sel', 'moderator', 'admin')
  expect(forbidden('lot.publish', seller, { sellerId: 'sel' })).toBeUndefined()
})

test('nothing known about the lot or the user gives no right', () => {
  expect(forbidden('lot.publish', identity('ann'))).toBe('permission_denied')
  expect(forbidden('user.history', identity('ann'))).toBe('permission_denied')
})

test('the audience that the methods declare is the one that the table lets in', () => {
  for (const name of Object.keys(METHODS) as MethodName[]) {
    const open = forbidden(name, undefined) === undefined
    expect(METHODS[name].audience, name).toBe(open ? 'anyone' : 'user')
  }
})
