// What may be asked of a lot and what a decision consists of.
import type { LotEventType, PublicBid, Refused } from '../../protocol/auction.ts'
import type { EngineCommand, EngineReply } from '../../protocol/engine.ts'
import type { LotNow, LotRules, Standing } from './lot.ts'

/** Commands of clients, and those that time gives. */
export type LotCommand =
  | EngineCommand
  /** `startsAt` has come. Dropped where the lot is not scheduled any more or opens later. */
  | { readonly type: 'open_lot'; readonly lotId: string }
  /** `endsAt` has come. Dropped where the end has moved since the timer was set. */
  | { readonly type: 'close_lot'; readonly lotId: string; readonly targetEndsAtMs: number }
  /**
   * The lot has an owner again, after an absence that began at `awayFromMs` and ends with this decision.
   * Dropped where the absence took nothing from the bidders that `graceMs` could give back.
   */
  | {
      readonly type: 'extend_lot'
      readonly lotId: string
      readonly awayFromMs: number
      readonly graceMs: number
    }

/** What time does to a lot, and nobody asked for: there is nobody to answer, and no id to remember. */
export type TimeCommand = Exclude<LotCommand, EngineCommand>

export function isOfTime(command: LotCommand): command is TimeCommand {
  return !('actor' in command)
}

/** An earlier decision under the same id: what was asked then, and the answer. */
export interface Answered {
  readonly fingerprint: string
  readonly reply: EngineReply
}

/** One public event, numbered. */
export interface LotEventDraft {
  readonly seq: number
  readonly type: LotEventType
  readonly atMs: number
  /** The state after the event. */
  readonly now: LotNow
  /** The event's own public fields, as in `LotPublication`. */
  readonly detail: {
    readonly bid?: PublicBid
    readonly extended?: { readonly from: number; readonly to: number; readonly reason: string }
    readonly retracted?: { readonly priceBefore: number; readonly priceAfter: number | null }
  }
  /** Who is concerned, for the notifier; never public. */
  readonly concerned: {
    /** Bidders who stand outbid by this event: the former leader, or the bidder itself. */
    readonly outbid?: readonly string[]
    readonly winner?: string
  }
}

/** A decision to be recorded. The state moves to `now` once it is committed, and not before. */
export interface Decided {
  readonly type: 'decided'
  readonly command: LotCommand
  /** Of the command, for the memory of idempotency. */
  readonly fingerprint: string
  readonly admittedAtMs: number
  readonly reply: EngineReply
  readonly events: readonly LotEventDraft[]
  /** `now.decisionNo` is this decision's number. */
  readonly now: LotNow
  /** The rules after it, where the command changed them. */
  readonly rules?: LotRules
  /** The bidder's standing after it, where the command changed it; its `max` is 0 where nothing is left. */
  readonly standing?: { readonly bidderId: string; readonly standing: Standing }
}

/** The same id was decided before: the first answer again, nothing is recorded. */
export interface Replayed {
  readonly type: 'replayed'
  readonly reply: EngineReply
}

/**
 * A refusal that does not rest on the lot's state and leaves no trace: an amount that is no amount,
 * an id used before with other contents (its row is taken), a lot which does not exist for the actor.
 */
export interface Unrecorded {
  readonly type: 'unrecorded'
  readonly reply: Refused
}

/** A timer's command that time has overtaken: nothing happens and nothing is recorded. */
export interface Dropped {
  readonly type: 'dropped'
}

export type Decision = Decided | Replayed | Unrecorded | Dropped
