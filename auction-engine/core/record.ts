// How a verdict becomes a decision: numbered, with its answer, its events and the state after it.
import type { BidAccepted, LotEventType, RefusalFields, Refused } from '../../protocol/auction.ts'
import type { EngineReply } from '../../protocol/engine.ts'
import { isRetryable, type RefusalCode } from '../../protocol/refusals.ts'
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

export function accepted(asked: Asked, outcome: Outcome, reply: EngineReply): Decided {
  return {
    type: 'decided',
    command: asked.command,
    fingerprint: fingerprintOf(asked.command),
    admittedAtMs: asked.atMs,
    reply,
    ...outcome,
  }
}

/** Accepts a command that is not about a bid: the answer is the lot's public view. */
export function acceptedForLot(asked: Asked, outcome: Outcome): Decided {
  const { lotId } = asked.command
  const lot = lotView(outcome.rules ?? asked.lot.rules, outcome.now)
  return accepted(asked, outcome, { outcome: 'accepted', lotId, lot })
}

/** Accepts a bid or a retraction: the answer is how the bidder now stands. */
export function acceptedForBidder(
  asked: Asked,
  outcome: Outcome,
  bid: { readonly bidId: string; readonly bidderId: string; readonly appliedAmount?: number },
): Decided {
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
    ...(bid.appliedAmount === undefined ? {} : { appliedAmount: bid.appliedAmount }),
  }
  return accepted(asked, outcome, reply)
}

/** Refuses, and records that it did, on a lot which the actor may see. */
export function refused(asked: Asked, code: RefusalCode, fields: RefusalFields = {}): Decided {
  const { lot, command, atMs } = asked
  const reply: Refused = {
    ...refusal(command, code, atMs),
    ...(command.type === 'open_lot' || command.type === 'close_lot'
      ? {}
      : lotAsSeenBy(lot, command.actor.userId)),
    ...fields,
  }
  return accepted(asked, { now: counted(lot, atMs), events: [] }, reply)
}

/** Refuses without a trace and without a word about the lot. */
export function unrecorded(
  command: LotCommand,
  code: RefusalCode,
  atMs: number,
  fields: RefusalFields = {},
): Unrecorded {
  return { type: 'unrecorded', reply: { ...refusal(command, code, atMs), ...fields } }
}

function refusal(command: LotCommand, code: RefusalCode, atMs: number): Refused {
  const clientBidId = clientBidIdOf(command)
  return {
    outcome: 'refused',
    code,
    lotId: command.lotId,
    ...(clientBidId === undefined ? {} : { clientBidId }),
    serverTime: atMs,
    retryable: isRetryable(code),
  }
}

function clientBidIdOf(command: LotCommand): string | undefined {
  if (command.type === 'place_bid') return command.commandId
  return command.type === 'retract_bid' ? command.clientBidId : undefined
}

/** The lot under a refusal: public numbers, and the actor's own maximum. */
function lotAsSeenBy(lot: Lot, userId: string) {
  const { rules, now, standings } = lot
  const max = standings.get(userId)?.max ?? 0
  return {
    seq: now.seq,
    price: now.price,
    leading: now.leaderId === userId,
    ...(max === 0 ? {} : { yourMax: max }),
    minNext: nextBid(rules.increments, rules.terms.startPrice, now.price),
    reserveMet: now.reserveMet,
    endsAt: now.endsAtMs,
  }
}
