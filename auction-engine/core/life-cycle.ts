// The decisions which bring a lot from one state to the next.
import type { LotResult, LotState } from '../../protocol/auction.ts'
import type { Decided, LotCommand } from './decision.ts'
import { DEFAULT_INCREMENTS } from './increments.ts'
import type { Lot, LotNow, LotRules } from './lot.ts'
import { type Asked, acceptedForLot, counted, event, refused } from './record.ts'
import { noStandings } from './standings.ts'
import { outcomeOf } from './transitions.ts'
import { aliasOf } from './visibility.ts'

type CommandOf<T extends LotCommand['type']> = Extract<LotCommand, { type: T }>

/** The first decision of a lot: a draft of whoever created it. It has no public event yet. */
export function createLot(command: CommandOf<'create_lot'>, atMs: number): Decided {
  const { lotId, terms, actor } = command
  const increments = terms.increments ?? DEFAULT_INCREMENTS
  const rules: LotRules = { lotId, sellerId: actor.userId, terms, increments }
  const blank: Lot = { rules, now: beforeAnything(rules), standings: noStandings() }
  const now = counted(blank, atMs)
  return acceptedForLot({ lot: blank, command, atMs }, { now, events: [], rules })
}

function beforeAnything({ terms }: LotRules): LotNow {
  return {
    state: 'draft',
    round: 1,
    seq: 0,
    decisionNo: 0,
    price: null,
    leaderId: null,
    leaderAliasNo: null,
    reserveMet: terms.reservePrice === undefined,
    bidCount: 0,
    bidderCount: 0,
    startsAtMs: terms.startsAt,
    endsAtMs: terms.endsAt,
    originalEndsAtMs: terms.endsAt,
    extensions: 0,
    admittedAtMs: 0,
    result: null,
  }
}

/** Shows the draft to everybody; where its start has passed it opens in the same decision. */
export function publishLot(asked: Asked<CommandOf<'publish_lot'>>): Decided {
  const { lot, atMs } = asked
  if (lot.now.endsAtMs <= atMs) {
    return refused(asked, 'lot_rules', { field: 'endsAt', rule: 'in_the_past' })
  }
  const scheduled = movedTo('scheduled', counted(lot, atMs))
  const published = event('lot_published', scheduled)
  if (lot.now.startsAtMs > atMs)
    return acceptedForLot(asked, { now: scheduled, events: [published] })
  const open = movedTo('open', scheduled)
  return acceptedForLot(asked, { now: open, events: [published, event('lot_opened', open)] })
}

/** The start has come; undefined where it has not. */
export function openLot(asked: Asked<CommandOf<'open_lot'>>): Decided | undefined {
  const { lot, atMs } = asked
  if (atMs < lot.now.startsAtMs) return undefined
  const now = movedTo('open', counted(lot, atMs))
  return acceptedForLot(asked, { now, events: [event('lot_opened', now)] })
}

/** The end has come; undefined where it has not, or has moved since the timer was set. */
export function closeLot(asked: Asked<CommandOf<'close_lot'>>): Decided | undefined {
  const { lot, command, atMs } = asked
  const { now } = lot
  if (command.targetEndsAtMs !== now.endsAtMs || atMs < now.endsAtMs) return undefined
  const result = closingResult(now)
  const after: LotNow = { ...movedTo(result.outcome, counted(lot, atMs)), result }
  const concerned =
    result.outcome === 'sold' && now.leaderId !== null ? { winner: now.leaderId } : {}
  return acceptedForLot(asked, { now: after, events: [event('lot_closed', after, {}, concerned)] })
}

/** What an open lot closes with. Nothing after `endsAt` can change it. */
function closingResult(now: LotNow): LotResult {
  const at = now.endsAtMs
  if (now.price === null || now.leaderAliasNo === null) {
    return { outcome: 'unsold', at, reason: 'no_bids' }
  }
  if (outcomeOf(now) === 'unsold') return { outcome: 'unsold', at, reason: 'reserve_not_met' }
  return { outcome: 'sold', at, price: now.price, winner: aliasOf(now.leaderAliasNo) }
}

/** The seller takes the lot back while nobody has a bid on it. */
export function withdrawLot(asked: Asked<CommandOf<'withdraw_lot'>>): Decided {
  if (asked.lot.now.leaderId !== null) {
    return refused(asked, 'lot_state', { state: asked.lot.now.state, rule: 'has_bids' })
  }
  return called(asked, 'withdrawn', 'lot_withdrawn')
}

/** The house calls off a lot that has bids. */
export function cancelLot(asked: Asked<CommandOf<'cancel_lot'>>): Decided {
  if (asked.lot.now.leaderId === null) {
    return refused(asked, 'lot_state', { state: asked.lot.now.state, rule: 'no_bids' })
  }
  return called(asked, 'cancelled', 'lot_cancelled')
}

/** Ends the lot without a sale. A draft goes as silently as it came: nobody was shown it. */
function called(
  asked: Asked<CommandOf<'withdraw_lot' | 'cancel_lot'>>,
  outcome: 'withdrawn' | 'cancelled',
  type: 'lot_withdrawn' | 'lot_cancelled',
): Decided {
  const { lot, command, atMs } = asked
  const { reason } = command
  const result: LotResult = { outcome, at: atMs, ...(reason === undefined ? {} : { reason }) }
  const next = counted(lot, atMs)
  if (lot.now.state === 'draft') {
    return acceptedForLot(asked, { now: { ...next, state: outcome, result }, events: [] })
  }
  const now: LotNow = { ...movedTo(outcome, next), result }
  return acceptedForLot(asked, { now, events: [event(type, now)] })
}

/** The state moved, and the event that tells it counted. */
function movedTo(state: LotState, now: LotNow): LotNow {
  return { ...now, state, seq: now.seq + 1 }
}
