// What gateways and engines say to each other over the bus. Already checked at the gateway's edge;
// plain data only, since another process may be at the other end.
import type { BidKind, BidOutcome, LotOutcome, LotPublication, LotTerms } from './auction.ts'
import type { UpdateLot } from './auction-requests.ts'
import type { Actor } from './identity.ts'

interface CommandBase {
  readonly lotId: string
  /** The repeat of the same id by the same actor on the same lot gets the first answer. */
  readonly commandId: string
  readonly actor: Actor
}

export type EngineCommand =
  | (CommandBase & { readonly type: 'create_lot'; readonly terms: LotTerms })
  | (CommandBase & { readonly type: 'update_lot'; readonly changes: Omit<UpdateLot, 'lotId'> })
  | (CommandBase & { readonly type: 'publish_lot' })
  | (CommandBase & { readonly type: 'withdraw_lot'; readonly reason?: string })
  | (CommandBase & { readonly type: 'cancel_lot'; readonly reason?: string })
  | (CommandBase & {
      readonly type: 'place_bid'
      readonly kind: BidKind
      readonly amount: number
      readonly currency: string
      readonly confirmToken?: string
    })
  | (CommandBase & {
      readonly type: 'retract_bid'
      readonly clientBidId: string
      readonly reason: string
    })

/** Bids and retractions are answered by a `BidOutcome`, everything else by a `LotOutcome`. */
export type EngineReply = BidOutcome | LotOutcome

/** One publication of a lot's stream on its way to the watchers. */
export interface LotEvent {
  readonly seq: number
  readonly publication: LotPublication
}

/** What one commit did to one lot. Gateways drop what has a lower epoch or seq than they already told. */
export interface LotEvents {
  readonly lotId: string
  /** The owner's fencing epoch. */
  readonly epoch: number
  /** In order of seq. Where events were conflated, a publication's `fromSeq` names the first. */
  readonly events: readonly LotEvent[]
}

/** To the notifiers: the outbox has new rows. */
export interface OutboxHint {
  /** Of which lot they tell, where it is one; of anything otherwise. */
  readonly lotId?: string
}

/** Between engines: the commands of these shards are answered again. */
export interface ServedShards {
  readonly shards: readonly number[]
}
