// Who may do what: the one table of the gateway. Nothing else decides a right; routes ask `forbidden`.
// The engine checks the rights on a lot once more, since it is the one that makes changes true.

import { type Identity, ROLES, type Role } from '../../protocol/identity.ts'
import type { MethodName } from '../../protocol/methods.ts'

/**
 * In what capacity somebody acts: without a token, with one, as the person whose feed it is, as the
 * seller of the lot in question, or in a role of the token. Several at once; one that may is enough.
 */
export const CAPACITIES = ['anonymous', 'user', 'self', 'lot_seller', ...ROLES] as const
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

export type Action = MethodName | ChannelAction

/** `sign_in`: not so, but a caller with a token might (error 101 instead of 103). */
type Cell = 'may' | 'no' | 'sign_in'
/** One cell for each of `CAPACITIES`, in that order. */
type Row = readonly [Cell, Cell, Cell, Cell, Cell, Cell, Cell, Cell, Cell]

const may = 'may'
const no = 'no'
const sign = 'sign_in'

// biome-ignore format: a table is read in columns
const TABLE = {
  //                       anonym. user  self  seller  role:   auction- mode-   service admin
  //                                           of lot  seller  eer      rator
  'time.sync':            [may,    may,  may,  may,    may,    may,     may,    may,    may],
  'lot.get':              [may,    may,  may,  may,    may,    may,     may,    may,    may],
  'lot.bids':             [may,    may,  may,  may,    may,    may,     may,    may,    may],
  'bid.place':            [sign,   may,  may,  may,    may,    may,     may,    may,    may],
  'bid.retract':          [sign,   may,  may,  may,    may,    may,     may,    may,    may],
  'lot.create':           [sign,   no,   no,   no,     may,    no,      no,     may,    no],
  'lot.publish':          [sign,   no,   no,   may,    no,     no,      no,     may,    no],
  'lot.update':           [sign,   no,   no,   may,    no,     no,      no,     may,    no],
  'lot.withdraw':         [sign,   no,   no,   may,    no,     no,      no,     may,    no],
  'lot.cancel':           [sign,   no,   no,   no,     no,     no,      no,     may,    may],
  // A draft is there for its seller only; to all others the lot does not exist.
  'lot.see_draft':        [no,     no,   no,   may,    no,     no,      no,     may,    no],
  'lot.subscribe':        [may,    may,  may,  may,    may,    may,     may,    may,    may],
  'lot.history':          [may,    may,  may,  may,    may,    may,     may,    may,    may],
  'lot.presence':         [no,     may,  may,  may,    may,    may,     may,    may,    may],
  'lot.presence_stats':   [may,    may,  may,  may,    may,    may,     may,    may,    may],
  // The user ids of others in the presence of a lot: bidders are known to each other by alias only.
  'lot.see_watchers':     [no,     no,   no,   no,     no,     may,     may,    may,    may],
  // The lots' channels speak for the engine alone, the users' for the notifier alone.
  'lot.channel_publish':  [no,     no,   no,   no,     no,     no,      no,     no,     no],
  'user.subscribe':       [no,     no,   may,  no,     no,     no,      no,     no,     no],
  'user.history':         [no,     no,   may,  no,     no,     no,      no,     no,     no],
  'user.presence':        [no,     no,   may,  no,     no,     no,      no,     may,    no],
  'user.presence_stats':  [no,     no,   may,  no,     no,     no,      no,     may,    no],
  'user.channel_publish': [no,     no,   no,   no,     no,     no,      no,     no,     no],
  'user.revoke':          [sign,   no,   no,   no,     no,     no,      no,     may,    no],
} as const satisfies Record<Action, Row>

export const ACTIONS = Object.keys(TABLE) as Action[]

/** What the action is about, as far as it gives rights. */
export interface About {
  readonly sellerId?: string
  /** Whose feed or tokens they are. */
  readonly userId?: string
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
  if (identity === undefined) return ['anonymous']
  const { userId, roles } = identity
  const held: Capacity[] = ['user', ...new Set<Role>(roles)]
  if (about.userId === userId) held.push('self')
  if (about.sellerId === userId) held.push('lot_seller')
  return held
}
