// When the end of a lot may move, and how far: by a late bid under the lot's soft close, or because its
// owner was away in its last moments. The judge's own reckoning, which shares no line with the engine's.
import type { SoftClose } from '../protocol/auction.ts'
import type { LiveView, StoredDecision } from './lot-entries.ts'

/** Of a lot without a soft close, whose window would say it. */
const lastMomentsMs = 10_000
/** From the moment somebody decides again. */
const failoverGraceMs = 15_000

/** A decision on an open lot, and what it did to the end. */
export interface EndMoved {
  readonly decision: StoredDecision
  readonly softClose: SoftClose | null
  /** As the seller put it, or whoever changed it last. */
  readonly originalEndsAtMs: number
  /** Whether the lot had another owner before, and has not been extended by this one. */
  readonly isFollower: boolean
  readonly before: LiveView
  readonly after: LiveView
}

/** What is wrong with where the end is after a bid, or with an extension; undefined where nothing is. */
export function faultOfEnd(moved: EndMoved): string | undefined {
  const { decision, before, after } = moved
  const { type } = decision.asked
  if (type === 'extend_lot') return faultOfFailover(moved)
  if (type === 'place_bid' && decision.reply.outcome === 'accepted') return faultAfterBid(moved)
  const isUpdate = type === 'update_lot'
  return after.endsAt === before.endsAt || isUpdate ? undefined : `${type} moved it.`
}

function faultAfterBid(moved: EndMoved): string | undefined {
  const { before, after } = moved
  const endsAt = endAfterBid(moved)
  const growthMs = endsAt - before.endsAt
  const counts = growthMs > 0 && growthMs >= (moved.softClose?.minGrowthMs ?? 0)
  const extensions = before.extensions + (counts ? 1 : 0)
  if (after.endsAt === endsAt && after.extensions === extensions) return undefined
  return `The end is ${after.endsAt} after ${after.extensions} extensions; it should be ${endsAt} after ${extensions}.`
}

function endAfterBid(moved: EndMoved): number {
  const { decision, softClose, before, after } = moved
  const { endsAt, extensions } = before
  const leftMs = endsAt - decision.admittedAtMs
  if (softClose === null || leftMs > softClose.windowMs) return endsAt
  const moves = before.leader !== after.leader || before.price !== after.price
  if (softClose.trigger === 'lead_or_price_change' && !moves) return endsAt
  if (extensions >= (softClose.maxExtensions ?? Number.POSITIVE_INFINITY)) return endsAt
  const from = softClose.mode === 'add' ? endsAt : decision.admittedAtMs
  return Math.max(endsAt, Math.min(from + softClose.extendMs, latestEnd(moved)))
}

function faultOfFailover(moved: EndMoved): string | undefined {
  const { decision, softClose, isFollower, before, after } = moved
  const { admittedAtMs, actorId, asked } = decision
  if (actorId !== undefined) return `${actorId} asked for it.`
  if (!isFollower)
    return `Nobody gave the lot to this owner, or it has extended it: epoch ${decision.epoch}.`
  const awayFromMs = asked.awayFromMs ?? Number.POSITIVE_INFINITY
  const lastFromMs = before.endsAt - (softClose?.windowMs ?? lastMomentsMs)
  if (awayFromMs >= before.endsAt || admittedAtMs <= lastFromMs) {
    return `Nobody was away in its last moments, from ${lastFromMs} to ${before.endsAt}, but from ${awayFromMs} to ${admittedAtMs}.`
  }
  const endsAt = Math.min(admittedAtMs + failoverGraceMs, latestEnd(moved))
  if (after.endsAt === endsAt && after.extensions === before.extensions) return undefined
  return `The end is ${after.endsAt} after ${after.extensions} extensions; it should be ${endsAt} after ${before.extensions}.`
}

function latestEnd({ softClose, originalEndsAtMs }: EndMoved): number {
  return originalEndsAtMs + (softClose?.hardCapMs ?? Number.POSITIVE_INFINITY)
}
