// What is recorded of an auction: on the clients' side as it goes by, and from the database at the end.
import type { BidKind, LotEventType, LotView } from '../protocol/auction.ts'
import type { EngineCommand, EngineReply } from '../protocol/engine.ts'

/** What was asked, as far as it is compared with what is stored. */
export interface Asked {
  readonly type: EngineCommand['type'] | 'open_lot' | 'close_lot' | 'extend_lot'
  /** Of a bid. */
  readonly kind?: BidKind
  readonly amount?: number
  /** Of a retraction: the bid. */
  readonly clientBidId?: string
  /** Of an extension that time gives: since when nobody decided for the lot. */
  readonly awayFromMs?: number
}

/** One sending of a command, and what came of it. */
export interface LotAttempt {
  readonly lotId: string
  readonly actorId: string
  readonly commandId: string
  readonly asked: Asked
  readonly sentAtMs: number
  /** On the same clock as `sentAtMs`. */
  readonly answeredAtMs: number
  /** Undefined where none came, though the command may have arrived. */
  readonly answer: EngineReply | undefined
}

/** The moving part of a lot's public view: what every publication of the lot carries. */
export type LiveView = Pick<
  LotView,
  | 'state'
  | 'round'
  | 'seq'
  | 'price'
  | 'minNext'
  | 'leader'
  | 'reserveMet'
  | 'bidCount'
  | 'bidderCount'
  | 'startsAt'
  | 'endsAt'
  | 'extensions'
  | 'result'
>

/** A publication as a watcher got it. */
export interface LotSeen {
  readonly watcher: string
  readonly lotId: string
  /** Where several events were conflated into it. */
  readonly fromSeq?: number
  readonly view: LiveView
}

/** A row of `lot_events`. */
export interface StoredEvent {
  readonly seq: number
  readonly epoch: number
  readonly type: LotEventType
  readonly view: LiveView
}

/** A row of `lot_decisions`, with the events that it brought. */
export interface StoredDecision {
  readonly lotId: string
  readonly decisionNo: number
  readonly epoch: number
  /** Undefined where time acted. */
  readonly actorId: string | undefined
  readonly commandId: string
  readonly asked: Asked
  readonly admittedAtMs: number
  readonly reply: EngineReply
  readonly events: readonly StoredEvent[]
}

/** Where a lot stands in the database at the end. */
export interface FinalLot {
  readonly lotId: string
  readonly decisionNo: number
  readonly view: LiveView
  /** Of its events, or of the outbox's rows about them: how many nobody has published. */
  readonly untold?: number
  /** A lot that should have opened or closed before this moment is overdue. */
  readonly overdueBeforeMs?: number
}
