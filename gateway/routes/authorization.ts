// Who may do what: the one table of the gateway. Nothing else decides a right; routes ask `forbidden`.
// The engine checks the rights on a lot once more, since it is the one that makes changes true.

import { type Identity, ROLES, type Role } from '../../protocol/identity.ts'
import type { MethodName } from '../../protocol/methods.ts'

/**
 * In what capacity somebody acts: without a token (and, as a watcher, in a room), with one, as the person
 * whose feed it is, as the seller of the lot in question, as one of the conversation, or in a role of the
 * token. Several at once; one that may is enough.
 */
export const CAPACITIES = [
  'anonymous',
  'room_watcher',
  'user',
  'self',
  'lot_seller',
  'member',
  ...ROLES,
] as const
export type Capacity = (typeof CAPACITIES)[number]

/** What can be done besides calling a method. */
export type ChannelAction =
  | 'lot.see_draft'
  | 'lot.subscribe'
  | 'lot.history'
  | 'lot.presence'
  | 'lot.presence_stats'
  | 'lot.see_watchers'
  | 'lot.channel_publish'
  | 'user.subscribe'
  | 'user.history'
  | 'user.presence'
  | 'user.presence_stats'
  | 'user.channel_publish'
  | 'user.revoke'
  | 'chat.open_for_others'
  | 'chat.send_system'
  | 'chat.subscribe'
  | 'chat.presence'
  | 'chat.presence_stats'
  | 'chat.see_visitors'
  | 'chat.channel_publish'

export type Action = MethodName | ChannelAction

/** `sign_in`: not so, but a caller with a token might (error 101 instead of 103). */
type Cell = 'may' | 'no' | 'sign_in'
/** One cell for each of `CAPACITIES`, in that order. */
type Row = readonly [Cell, Cell, Cell, Cell, Cell, Cell, Cell, Cell, Cell, Cell, Cell]

const may = 'may'
const no = 'no'
const sign = 'sign_in'

// biome-ignore format: a table is read in columns
const TABLE = {
  //                        anonym-  in a    user  self  seller  in the  role:   auction- mode-    service  admin
  //                        ous      room                of lot  talk    seller  eer      rator
  'time.sync':             [may,     may,     may,  may,  may,    may,    may,    may,     may,     may,     may],
  'lot.get':               [may,     may,     may,  may,  may,    may,    may,    may,     may,     may,     may],
  'lot.bids':              [may,     may,     may,  may,  may,    may,    may,    may,     may,     may,     may],
  'bid.place':             [sign,    sign,    may,  may,  may,    may,    may,    may,     may,     may,     may],
  'bid.retract':           [sign,    sign,    may,  may,  may,    may,    may,    may,     may,     may,     may],
  'lot.create':            [sign,    sign,    no,   no,   no,     no,     may,    no,      no,      may,     no],
  'lot.publish':           [sign,    sign,    no,   no,   may,    no,     no,     no,      no,      may,     no],
  'lot.update':            [sign,    sign,    no,   no,   may,    no,     no,     no,      no,      may,     no],
  'lot.withdraw':          [sign,    sign,    no,   no,   may,    no,     no,     no,      no,      may,     no],
  'lot.cancel':            [sign,    sign,    no,   no,   no,     no,     no,     no,      no,      may,     may],
  // A draft is there for its seller only; to all others the lot does not exist.
  'lot.see_draft':         [no,      no,      no,   no,   may,    no,     no,     no,      no,      may,     no],
  'lot.subscribe':         [may,     may,     may,  may,  may,    may,    may,    may,     may,     may,     may],
  'lot.history':           [may,     may,     may,  may,  may,    may,    may,    may,     may,     may,     may],
  'lot.presence':          [no,      no,      may,  may,  may,    may,    may,    may,     may,     may,     may],
  'lot.presence_stats':    [may,     may,     may,  may,  may,    may,    may,    may,     may,     may,     may],
  // The user ids of others in the presence of a lot: bidders are known to each other by alias only.
  'lot.see_watchers':      [no,      no,      no,   no,   no,     no,     no,     may,     may,     may,     may],
  // The lots' channels speak for the engine alone, the users' for the notifier alone.
  'lot.channel_publish':   [no,      no,      no,   no,   no,     no,     no,     no,      no,      no,      no],
  'user.subscribe':        [no,      no,      no,   may,  no,     no,     no,     no,      no,      no,      no],
  'user.history':          [no,      no,      no,   may,  no,     no,     no,     no,      no,      no,      no],
  'user.presence':         [no,      no,      no,   may,  no,     no,     no,     no,      no,      may,     no],
  'user.presence_stats':   [no,      no,      no,   may,  no,     no,     no,     no,      no,      may,     no],
  'user.channel_publish':  [no,      no,      no,   no,   no,     no,     no,     no,      no,      no,      no],
  'user.revoke':           [sign,    sign,    no,   no,   no,     no,     no,     no,      no,      may,     no],
  // Everybody's own: whom to talk to, the inbox, the settings.
  'chat.open':             [sign,    sign,    may,  may,  may,    may,    may,    may,     may,     may,     may],
  'chat.open_for_others':  [no,      no,      no,   no,   no,     no,     no,     no,      no,      may,     no],
  'chat.list':             [sign,    sign,    may,  may,  may,    may,    may,    may,     may,     may,     may],
  'chat.search':           [sign,    sign,    may,  may,  may,    may,    may,    may,     may,     may,     may],
  'chat.block':            [sign,    sign,    may,  may,  may,    may,    may,    may,     may,     may,     may],
  'chat.unblock':          [sign,    sign,    may,  may,  may,    may,    may,    may,     may,     may,     may],
  'chat.blocks':           [sign,    sign,    may,  may,  may,    may,    may,    may,     may,     may,     may],
  'chat.settings':         [sign,    sign,    may,  may,  may,    may,    may,    may,     may,     may,     may],
  'chat.updateSettings':   [sign,    sign,    may,  may,  may,    may,    may,    may,     may,     may,     may],
  // A conversation is there for those in it: its two people, in a room whoever may see the room.
  'chat.get':              [sign,    sign,    no,   no,   no,     may,    no,     no,      may,     may,     may],
  // The method and the channel's command alike; the method asks for a token besides.
  'chat.history':          [sign,    may,     no,   no,   no,     may,    no,     no,      may,     may,     may],
  'chat.subscribe':        [no,      may,     no,   no,   no,     may,    no,     no,      no,      no,      no],
  'chat.presence':         [no,      no,      no,   no,   no,     may,    no,     no,      no,      may,     no],
  'chat.presence_stats':   [no,      may,     no,   no,   no,     may,    no,     no,      no,      may,     no],
  // The user ids of those who are in a room: whoever says nothing there stays unknown to the others.
  'chat.see_visitors':     [no,      no,      no,   no,   may,    no,     no,     no,      may,     may,     may],
  // Signs of typing; all else is said by the chat store alone.
  'chat.channel_publish':  [no,      no,      no,   no,   no,     may,    no,     no,      no,      no,      no],
  'chat.send':             [sign,    sign,    no,   no,   no,     may,    no,     no,      no,      no,      no],
  // Sold, paid, shipped: said by the marketplace itself.
  'chat.send_system':      [sign,    sign,    no,   no,   no,     no,     no,     no,      no,      may,     no],
  'chat.edit':             [sign,    sign,    no,   no,   no,     may,    no,     no,      no,      no,      no],
  'chat.delete':           [sign,    sign,    no,   no,   no,     may,    no,     no,      may,     no,      may],
  'chat.react':            [sign,    sign,    no,   no,   no,     may,    no,     no,      no,      no,      no],
  'chat.offer':            [sign,    sign,    no,   no,   no,     may,    no,     no,      no,      no,      no],
  'chat.delivered':        [sign,    sign,    no,   no,   no,     may,    no,     no,      no,      no,      no],
  'chat.read':             [sign,    sign,    no,   no,   no,     may,    no,     no,      no,      no,      no],
  'chat.update':           [sign,    sign,    no,   no,   no,     may,    no,     no,      no,      no,      no],
  'chat.mute':             [sign,    sign,    no,   no,   no,     may,    no,     no,      no,      no,      no],
  'chat.report':           [sign,    sign,    no,   no,   no,     may,    no,     no,      no,      no,      no],
  'chat.slowMode':         [sign,    sign,    no,   no,   may,    no,     no,     no,      may,     may,     may],
  'attachment.create':     [sign,    sign,    no,   no,   no,     may,    no,     no,      no,      no,      no],
  'attachment.get':        [sign,    sign,    no,   no,   no,     may,    no,     no,      may,     may,     may],
  // Those who keep order.
  'chat.versions':         [sign,    sign,    no,   no,   no,     no,     no,     no,      may,     no,      may],
  'chat.legalHold':        [sign,    sign,    no,   no,   no,     no,     no,     no,      no,      may,     may],
  'moderation.queue':      [sign,    sign,    no,   no,   no,     no,     no,     no,      may,     no,      may],
  'moderation.decide':     [sign,    sign,    no,   no,   no,     no,     no,     no,      may,     no,      may],
  'moderation.silence':    [sign,    sign,    no,   no,   no,     no,     no,     no,      may,     may,     may],
  'moderation.rules':      [sign,    sign,    no,   no,   no,     no,     no,     no,      may,     may,     may],
  'moderation.setRules':   [sign,    sign,    no,   no,   no,     no,     no,     no,      no,      may,     may],
  // Everybody's own: what it is told, what it has read of it, the devices that are told.
  'notification.list':     [sign,    sign,    may,  may,  may,    may,    may,    may,     may,     may,     may],
  'notification.read':     [sign,    sign,    may,  may,  may,    may,    may,    may,     may,     may,     may],
  'notification.delivered': [sign,   sign,    may,  may,  may,    may,    may,    may,     may,     may,     may],
  'notification.preferences': [sign, sign,    may,  may,  may,    may,    may,    may,     may,     may,     may],
  'notification.prefer':   [sign,    sign,    may,  may,  may,    may,    may,    may,     may,     may,     may],
  'device.list':           [sign,    sign,    may,  may,  may,    may,    may,    may,     may,     may,     may],
  'device.register':       [sign,    sign,    may,  may,  may,    may,    may,    may,     may,     may,     may],
  'device.remove':         [sign,    sign,    may,  may,  may,    may,    may,    may,     may,     may,     may],
  // What the marketplace's own back end is told, and where.
  'webhook.create':        [sign,    sign,    no,   no,   no,     no,     no,     no,      no,      may,     no],
  'webhook.list':          [sign,    sign,    no,   no,   no,     no,     no,     no,      no,      may,     no],
  'webhook.get':           [sign,    sign,    no,   no,   no,     no,     no,     no,      no,      may,     no],
  'webhook.update':        [sign,    sign,    no,   no,   no,     no,     no,     no,      no,      may,     no],
  'webhook.delete':        [sign,    sign,    no,   no,   no,     no,     no,     no,      no,      may,     no],
  'webhook.rotateSecret':  [sign,    sign,    no,   no,   no,     no,     no,     no,      no,      may,     no],
  'webhook.deliveries':    [sign,    sign,    no,   no,   no,     no,     no,     no,      no,      may,     no],
  'webhook.replay':        [sign,    sign,    no,   no,   no,     no,     no,     no,      no,      may,     no],
  'webhook.test':          [sign,    sign,    no,   no,   no,     no,     no,     no,      no,      may,     no],
  'user.erase':            [sign,    sign,    no,   no,   no,     no,     no,     no,      no,      may,     may],
} as const satisfies Record<Action, Row>

export const ACTIONS = Object.keys(TABLE) as Action[]

/** What the action is about, as far as it gives rights. */
export interface About {
  readonly sellerId?: string
  /** Whose feed or tokens they are. */
  readonly userId?: string
  /** Whether the caller is in the conversation: one of its people, or in a room that it may see. */
  readonly inConversation?: boolean
}

/** Undefined where `identity` may do `action`, else the protocol error that says why not. */
export function forbidden(
  action: Action,
  identity: Identity | undefined,
  about: About = {},
): 'unauthorized' | 'permission_denied' | undefined {
  const cells = capacities(identity, about).map((capacity) => cell(action, capacity))
  if (cells.includes('may')) return undefined
  return cells.includes('sign_in') ? 'unauthorized' : 'permission_denied'
}

function cell(action: Action, capacity: Capacity): Cell {
  const row: Row = TABLE[action]
  return row[CAPACITIES.indexOf(capacity)] ?? 'no'
}

function capacities(identity: Identity | undefined, about: About): Capacity[] {
  const inConversation = about.inConversation === true
  if (identity === undefined) {
    return inConversation ? ['anonymous', 'room_watcher'] : ['anonymous']
  }
  const { userId, roles } = identity
  const held: Capacity[] = ['user', ...new Set<Role>(roles)]
  if (about.userId === userId) held.push('self')
  if (about.sellerId === userId) held.push('lot_seller')
  if (inConversation) held.push('member')
  return held
}
