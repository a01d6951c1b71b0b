// What users ask of their feeds, and settle about them and the devices that are told of them. Everybody has
// to do with its own only, so the caller is all that is named.
import type { Clock } from '../../platform/clock.ts'
import type { Limits } from '../../platform/limits/limits.ts'
import type { FeedRefused } from '../../protocol/feed.ts'
import type { FeedCommand } from '../../protocol/feed-commands.ts'
import type { FEED_METHODS } from '../../protocol/feed-methods.ts'
import { type FeedRefusalCode, isRetryable } from '../../protocol/refusals.ts'
import type { Caller } from '../ports/desk.ts'
import type { DeviceMarkBoard } from '../ports/device-mark-board.ts'
import type { FeedBook } from '../ports/feed-book.ts'
import type { FeedOffice } from '../ports/feed-office.ts'
import type { UserFeed } from '../ports/user-feed.ts'
import { type MethodHandlers, type MethodResult, permitted } from './method.ts'

export interface FeedRoutesOptions {
  readonly feedOffice: FeedOffice
  readonly feedBook: FeedBook
  readonly userFeed: Pick<UserFeed, 'head'>
  readonly deviceMarks: DeviceMarkBoard
  readonly limits: Limits<'feedCommandsPerUser'>
  readonly clock: Clock
}

type FeedMethod = keyof typeof FEED_METHODS

export function feedRoutes(options: FeedRoutesOptions): MethodHandlers<FeedMethod> {
  const { feedBook } = options
  return {
    'notification.list': async (caller, asked) =>
      await reading('notification.list', caller, (userId) => feedBook.page(userId, asked)),
    'notification.preferences': async (caller) =>
      await reading('notification.preferences', caller, (userId) => feedBook.preferences(userId)),
    'device.list': async (caller) =>
      await reading('device.list', caller, (userId) => feedBook.devices(userId)),
    'notification.read': async (caller, { seq }) => await markRead(options, caller, seq),
    'notification.delivered': async (caller, { seq }) => await markDelivered(options, caller, seq),
    'notification.prefer': async (caller, changes) =>
      await settle(options, caller, 'notification.prefer', { type: 'set_preferences', changes }),
    'device.register': async (caller, device) =>
      await settle(options, caller, 'device.register', { type: 'register_device', device }),
    'device.remove': async (caller, { deviceId }) =>
      await settle(options, caller, 'device.remove', { type: 'remove_device', deviceId }),
  }
}

async function reading(
  method: FeedMethod,
  caller: Caller,
  read: (userId: string) => Promise<unknown>,
): Promise<MethodResult> {
  const right = permitted(method, caller)
  if ('denied' in right) return right.denied
  return { kind: 'data', data: await read(right.actor.userId) }
}

/** A command before it has its actor. */
type Order = FeedCommand extends infer Command
  ? Command extends FeedCommand
    ? Omit<Command, 'actor'>
    : never
  : never

/** Brings a command to a notifier, for those whom the table lets, as often as the limit lets them. */
async function settle(
  { feedOffice, limits, clock }: FeedRoutesOptions,
  caller: Caller,
  method: FeedMethod,
  order: Order,
): Promise<MethodResult> {
  const right = permitted(method, caller)
  if ('denied' in right) return right.denied
  const { actor } = right
  const rate = await limits.take('feedCommandsPerUser', actor.userId)
  if (!rate.allowed) {
    const { retryAfterMs } = rate
    const outcome = refusal('rate_limited', clock.nowMs(), { retryAfterMs })
    return { kind: 'outcome', outcome, limit: 'feedCommandsPerUser' }
  }
  return { kind: 'outcome', outcome: await feedOffice.submit({ ...order, actor }) }
}

async function markRead(
  options: FeedRoutesOptions,
  caller: Caller,
  seq: number,
): Promise<MethodResult> {
  const result = await settle(options, caller, 'notification.read', { type: 'mark_read', seq })
  const isTaken = result.kind === 'outcome' && result.outcome.outcome === 'accepted'
  if (isTaken) noteDelivered(options, caller, seq)
  return result
}

async function markDelivered(
  options: FeedRoutesOptions,
  caller: Caller,
  seq: number,
): Promise<MethodResult> {
  const { userFeed, clock } = options
  const right = permitted('notification.delivered', caller)
  if ('denied' in right) return right.denied
  const max = await userFeed.head(right.actor.userId)
  const serverTime = clock.nowMs()
  if (seq > max) {
    return { kind: 'outcome', outcome: refusal('mark_beyond_end', serverTime, { max }) }
  }
  noteDelivered(options, caller, seq)
  return { kind: 'outcome', outcome: { outcome: 'accepted', serverTime } }
}

function noteDelivered(
  { deviceMarks }: FeedRoutesOptions,
  { identity }: Caller,
  seq: number,
): void {
  if (identity?.deviceId === undefined) return
  const { userId, deviceId } = identity
  deviceMarks.note({ userId, deviceId, seq })
}

/** A refusal given by the gateway itself: no notifier was asked. */
function refusal(
  code: FeedRefusalCode,
  serverTime: number,
  fields: Pick<FeedRefused, 'max' | 'retryAfterMs'>,
): FeedRefused {
  return { outcome: 'refused', code, serverTime, retryable: isRetryable(code), ...fields }
}
