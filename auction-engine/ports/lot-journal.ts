// Where lots are kept: what was decided is true once it stands here, and not before.
import type { Answered, Decided, LotEventDraft } from '../core/decision.ts'
import type { Lot } from '../core/lot.ts'

/** A lot as stored, and taken by its shard's owner. */
export interface StoredLot {
  readonly lot: Lot
  /** Of the rules as first published (or as they stand, while the lot is a draft): the chain's beginning. */
  readonly rulesHash: Uint8Array
  /** Of the newest event; the rules' before the first. */
  readonly hash: Uint8Array
}

/** What `claim` found: the lot, that it has a newer owner, or nothing under this id. */
export type Claimed =
  | { readonly type: 'claimed'; readonly stored: StoredLot }
  | { readonly type: 'fenced' }
  | { readonly type: 'unknown' }

export interface Claim {
  readonly lotId: string
  /** Of the shard, as this owner took it. */
  readonly epoch: number
}

export interface Lease {
  readonly shard: number
  /** The fencing epoch. */
  readonly epoch: number
}

/** An event with its place in the audit chain, and its parts as the JSON texts that were hashed. */
export interface SealedEvent {
  readonly event: LotEventDraft
  /** The moving part of the public view after it. */
  readonly live: string
  readonly detail: string
  /** Who is concerned. */
  readonly private: string
  readonly hash: Uint8Array
}

/** What a batch does to one lot. */
export interface LotChange {
  readonly lotId: string
  readonly shard: number
  readonly epoch: number
  /** Where the lot is expected to stand; zeros where it is created. */
  readonly before: { readonly seq: number; readonly decisionNo: number }
  /** The lot after the whole batch. */
  readonly after: StoredLot
  readonly rulesChanged: boolean
  readonly decided: readonly Decided[]
  readonly events: readonly SealedEvent[]
}

export interface LotBatch {
  /** A UUID. The same batch may be committed again: it takes effect once. */
  readonly batchId: string
  readonly atMs: number
  /** Each lot once; at least one. */
  readonly lots: readonly LotChange[]
}

/** What became of one lot of a batch. */
export type LotVerdict =
  /** Stored. `outboxId` names the row left for its events, where there were any and it is known. */
  | { readonly type: 'committed'; readonly outboxId?: number }
  /** The shard has a newer owner: nothing of this lot was stored. */
  | { readonly type: 'fenced' }
  /** The stored lot is not where it was expected to be: nothing of this lot was stored. */
  | { readonly type: 'conflict' }

/** What became of a batch. In all cases but the first nothing is known to be stored. */
export type CommitResult =
  /** One verdict per lot, in the order of the batch. */
  | { readonly type: 'done'; readonly verdicts: readonly LotVerdict[] }
  /** Nothing was stored: at least one command was decided before; `answers` tells. */
  | { readonly type: 'seen_before' }
  /** Nothing was stored, nor will be: some value in it is none that can be kept. */
  | { readonly type: 'unstorable'; readonly cause: unknown }
  /** Nothing was stored; it may be tried again. */
  | { readonly type: 'failed'; readonly cause: unknown }
  /** Nobody knows. Committing the same batch again tells. */
  | { readonly type: 'in_doubt'; readonly cause: unknown }

/** Names a command for ever: one id, one outcome. */
export interface CommandKey {
  readonly lotId: string
  readonly actorId: string
  readonly commandId: string
}

/** Several lanes commit at once, each through a journal of its own; the other calls may be shared. */
export interface LotJournal {
  /**
   * Makes ready what the other calls need, before the first of them: it would take many times as long as
   * those after it, and come when lots wait for their new owner.
   */
  warmUp(): Promise<void>
  /** Never rejects. Calls must not overlap: the next one comes after the answer. */
  commit(batch: LotBatch): Promise<CommitResult>
  /**
   * Puts the owner's epochs on lots and reads them, in the order asked. It waits for a batch of a former
   * owner that is under way; a later one will find itself fenced.
   */
  claim(claims: readonly Claim[]): Promise<readonly Claimed[]>
  /** The first answers to these commands, where there were any, in the order asked. */
  answers(keys: readonly CommandKey[]): Promise<readonly (Answered | undefined)[]>
  /** The open lots of these shards. */
  openLots(shards: readonly number[]): Promise<readonly string[]>
  /** The lots of these shards which should open or close before `beforeMs`, the most overdue first. */
  dueLots(shards: readonly number[], beforeMs: number, limit: number): Promise<readonly string[]>
  /** Lets go of its connection. */
  close(): Promise<void>
}
