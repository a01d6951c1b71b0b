// How a verdict becomes a decision: numbered, with its answer, its events and the state after it.
import type { BidAccepted, LotEventType, RefusalFields, Refused } from '../../protocol/auction.ts'
import type { EngineCommand, EngineReply } from '../../protocol/engine.ts'
import { isRetryable, type LotRefusalCode } from '../../protocol/refusals.ts'
import type { Decided, LotCommand, LotEventDraft, Unrecorded } from './decision.ts'
import { fingerprintOf } from './fingerprint.ts'
import { nextBid } from './increments.ts'
import type { Lot, LotNow, LotRules } from './lot.ts'
import { lotView } from './visibility.ts'

/** A command before the lot it concerns, at the instant it was admitted. */
export interface Asked<C extends LotCommand = LotCommand> {
  readonly lot: Lot
  readonly command: C
  readonly atMs: number
}

/** What an accepted command brings, besides its number and its answer. */
export interface Outcome {
  readonly now: LotNow
  readonly events: readonly LotEventDraft[]
  readonly rules?: LotRules
  readonly standing?: NonNullable<Decided['standing']>
}

/** The state with the next decision counted and nothing else moved. */
export function counted(lot: Lot, atMs: number): LotNow {
  return { ...lot.now, decisionNo: lot.now.decisionNo + 1, admittedAtMs: atMs }
}

/** One public event, which `now` (the state after it) has already counted in `seq`. */
export function event(
  type: LotEventType,
  now: LotNow,
  detail: LotEventDraft['detail'] = {},
  concerned: LotEventDraft['concerned'] = {},
): LotEventDraft {
  return { seq: now.seq, type, atMs: now.admittedAtMs, now, detail, concerned }
}

function accepted(asked: Asked, outcome: Outcome, reply: EngineReply): Decided {
  return {
    ...outcome,
    type: 'decided',
    command: asked.command,
    fingerprint: fingerprintOf(asked.command),
    admittedAtMs: asked.atMs,
    reply,
  }
}

/** Accepts a command that is not about a bid: the answer is the lot's public view. */
export function acceptedForLot(asked: Asked, outcome: Outcome): Decided {
  const { lotId } = asked.command
  const lot = lotView(outcome.rules ?? asked.lot.rules, outcome.now)
  return accepted(asked, outcome, { outcome: 'accepted', lotId, lot })
}

interface BidOfReply {
  readonly bidId: string
  readonly bidderId: string
  /** Where the grid moved the amount. */
  readonly appliedAmount: number | undefined
}

/** Accepts a bid or a retraction: the answer is how the bidder now stands. */
export function acceptedForBidder(asked: Asked, outcome: Outcome, bid: BidOfReply): Decided {
  const { now } = outcome
  const { rules } = asked.lot
  const reply: BidAccepted = {
    outcome: 'accepted',
    lotId: rules.lotId,
    clientBidId: bid.bidId,
    seq: now.seq,
    price: now.price,
    leading: now.leaderId === bid.bidderId,
    yourMax: outcome.standing?.standing.max ?? 0,
    minNext: nextBid(rules.increments, rules.terms.startPrice, now.price),
    reserveMet: now.reserveMet,
    endsAt: now.endsAtMs,
    serverTime: now.admittedAtMs,
  }
  const { appliedAmount } = bid
  return accepted(asked, outcome, appliedAmount === undefined ? reply : { ...reply, appliedAmount })
}

/** Refuses, and records that it did, on a lot which the actor may see. */
export function refused(
  asked: Asked<EngineCommand>,
  code: LotRefusalCode,
  fields: RefusalFields = {},
): Decided {
  const { lot, command, atMs } = asked
  const { rules, now } = lot
  const userId = command.actor.userId
  const reply: Refused = {
    ...refusal(command, code, atMs, fields),
    seq: now.seq,
    price: now.price,
    leading: now.leaderId === userId,
    minNext: nextBid(rules.increments, rules.terms.startPrice, now.price),
    reserveMet: now.reserveMet,
    endsAt: now.endsAtMs,
  }
  const yourMax = lot.standings.get(userId)?.max ?? 0
  const outcome = { now: counted(lot, atMs), events: [] }
  return accepted(asked, outcome, yourMax === 0 ? reply : { ...reply, yourMax })
}

/** Refuses without a trace and without a word about the lot. */
export function unrecorded(
  command: EngineCommand,
  code: LotRefusalCode,
  atMs: number,
  fields: RefusalFields = {},
): Unrecorded {
  return { type: 'unrecorded', reply: refusal(command, code, atMs, fields) }
}

function refusal(
  command: EngineCommand,
  code: LotRefusalCode,
  atMs: number,
  fields: RefusalFields,
): Refused {
  const reply: Refused = {
    ...fields,
    outcome: 'refused',
    code,
    lotId: command.lotId,
    serverTime: atMs,
    retryable: isRetryable(code),
  }
  if (command.type === 'place_bid') return { ...reply, clientBidId: command.commandId }
  return command.type === 'retract_bid' ? { ...reply, clientBidId: command.clientBidId } : reply
}
