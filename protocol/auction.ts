// The words of the auction: lots as they are created and shown, bids, and what came of them. Each
// schema is the type, the check at the edge and the documentation in one.
import { z } from 'zod'
import { CommandId, LotId } from './ids.ts'
import { Amount, CurrencyCode } from './money.ts'
import type { RefusalCode } from './refusals.ts'
import { Text } from './text.ts'

/** Milliseconds since 1970-01-01 UTC, whole. */
const EpochMs = z.number().int().min(0).max(8_640_000_000_000_000).describe('Epoch milliseconds.')
const durationMsMax = 365 * 24 * 3_600_000
const Title = Text(200).trim().min(1)
const Description = Text(10_000)
/** The marketplace's own id of something. */
const ForeignId = Text(128).min(1)
const DurationMs = z.number().int().min(0).max(durationMsMax).describe('Milliseconds.')

/** Ordered bands: the step of the last band whose `from` is not above the price being beaten. */
export const Increments = z
  .array(
    z.object({
      from: z
        .number()
        .int()
        .min(0)
        .max(10 ** 15),
      step: Amount,
    }),
  )
  .min(1)
  .max(64)
  .refine((bands) => bands[0]?.from === 0, { message: 'expected the first band to be from 0' })
  .refine(
    (bands) => bands.every((band, at) => at === 0 || band.from > (bands[at - 1]?.from ?? 0)),
    {
      message: 'expected each band to start above the one before',
    },
  )
export type Increments = z.output<typeof Increments>

export const SoftClose = z.object({
  mode: z.enum(['reset', 'add']),
  windowMs: DurationMs.min(1),
  extendMs: DurationMs.min(1),
  maxExtensions: z.number().int().min(0).max(100_000).optional(),
  hardCapMs: DurationMs.optional().describe('Latest end, in ms after the original end.'),
  trigger: z.enum(['lead_or_price_change', 'any_accepted']).default('lead_or_price_change'),
  minGrowthMs: DurationMs.default(1_000),
})
export type SoftClose = z.output<typeof SoftClose>

/** The retraction rules a lot is sold under; `none` is what most live platforms do. */
const RetractionPolicy = z.enum(['none', 'ebay'])

const Grid = z.enum(['free', 'snap_down', 'strict'])

/** A lot, as its seller creates it. */
export const LotTerms = z
  .object({
    title: Title,
    description: Description.optional(),
    listingId: ForeignId.optional(),
    saleId: ForeignId.optional(),
    currency: CurrencyCode,
    format: z.enum(['english'], { message: 'expected "english"' }),
    startPrice: Amount,
    reservePrice: Amount.optional().describe('Secret: never shown.'),
    increments: Increments.optional(),
    grid: Grid.default('free'),
    startsAt: EpochMs,
    endsAt: EpochMs,
    softClose: SoftClose.nullable().default(null),
    retraction: RetractionPolicy.default('none'),
  })
  .refine((lot) => lot.endsAt > lot.startsAt, {
    path: ['endsAt'],
    message: 'expected to be after startsAt',
  })
  .refine((lot) => lot.reservePrice === undefined || lot.reservePrice >= lot.startPrice, {
    path: ['reservePrice'],
    message: 'expected at least startPrice',
  })
export type LotTerms = z.output<typeof LotTerms>

export const LOT_STATES = [
  'draft',
  'scheduled',
  'open',
  'sold',
  'unsold',
  'withdrawn',
  'cancelled',
] as const
export type LotState = (typeof LOT_STATES)[number]

export interface LotResult {
  readonly outcome: 'sold' | 'unsold' | 'withdrawn' | 'cancelled'
  /** When bidding ended, epoch ms: the end in force, or the moment of the withdrawal. */
  readonly at: number
  /** The hammer price, where the lot is sold. */
  readonly price?: number
  /** The winner's alias, where the lot is sold. */
  readonly winner?: string
  readonly reason?: string
}

/** What everybody may know of a lot. Amounts in minor units, times in epoch ms. */
export interface LotView {
  readonly lotId: string
  readonly saleId?: string
  readonly listingId?: string
  readonly title: string
  readonly currency: string
  readonly format: 'english'
  readonly state: LotState
  readonly round: number
  /** The offset of this state in the lot's channel. */
  readonly seq: number
  /** Null before the first bid. */
  readonly price: number | null
  readonly startPrice: number
  readonly minNext: number
  /** The leader's alias (`Bidder 1`), or null. */
  readonly leader: string | null
  readonly reserveMet: boolean
  readonly bidCount: number
  readonly bidderCount: number
  readonly startsAt: number
  readonly endsAt: number
  readonly extensions: number
  /** When this view was made, on the engine's clock. */
  readonly serverTime: number
  readonly result?: LotResult
}

/** The caller's own standing on a lot; in `lot.get` and in the snapshot, never in a publication. */
export interface OwnStanding {
  readonly leading: boolean
  readonly max: number
  readonly alias: string
}

export interface PublicBid {
  readonly alias: string
  /** What the bid made visible: the price after it, never a secret maximum. */
  readonly amount: number
  readonly kind: 'proxy' | 'exact'
  readonly at: number
}

export const LOT_EVENT_TYPES = [
  'lot_published',
  'lot_updated',
  'lot_opened',
  'bid_accepted',
  'lot_extended',
  'bid_retracted',
  'lot_closed',
  'lot_withdrawn',
  'lot_cancelled',
] as const
export type LotEventType = (typeof LOT_EVENT_TYPES)[number]

/** `data` of a publication on `lot:`: the event, and the whole public state after it. */
export interface LotPublication {
  readonly type: LotEventType
  readonly lot: LotView
  /** With `bid_accepted`. */
  readonly bid?: PublicBid
  /** With `lot_extended`. */
  readonly extended?: { readonly from: number; readonly to: number; readonly reason: string }
  /** With `bid_retracted`. */
  readonly retracted?: { readonly priceBefore: number; readonly priceAfter: number | null }
  /** The first seq this publication stands for, where events before it were conflated into it. */
  readonly fromSeq?: number
}

/** `data` in the reply to a `subscribe` on `lot:`. */
export interface LotSnapshot {
  readonly lot: LotView
  /** Newest first, at most 20. */
  readonly bids: readonly PublicBid[]
  readonly watchers: number
  readonly you?: OwnStanding
}

// ---- methods --------------------------------------------------------------------------------

export const BidKind = z.enum(['proxy', 'exact'])
export type BidKind = z.output<typeof BidKind>

export const PlaceBid = z.object({
  lotId: LotId,
  clientBidId: CommandId,
  kind: BidKind.default('proxy'),
  amount: z.number().describe('Minor units; one that can not be bid is refused `amount_invalid`.'),
  currency: Text(8).describe('The lot’s own.'),
  confirmToken: Text(256).optional(),
})
export type PlaceBid = z.output<typeof PlaceBid>

export const RETRACTION_REASONS = [
  'typing_error',
  'description_changed',
  'seller_unreachable',
] as const
export const RetractBid = z.object({
  lotId: LotId,
  clientBidId: CommandId.describe('The bid.'),
  reason: z.enum(RETRACTION_REASONS),
})
export type RetractBid = z.output<typeof RetractBid>

export const LotRef = z.object({ lotId: LotId })

export const ListBids = z.object({
  lotId: LotId,
  before: z.coerce
    .number()
    .int()
    .min(1)
    .optional()
    .describe('Only bids before this seq: the `next` of the page before.'),
  limit: z.coerce.number().int().min(1).max(100).default(20),
})
export interface BidPage {
  readonly items: readonly (PublicBid & { readonly seq: number })[]
  /** Pass as `before` for the following page; absent on the last one. */
  readonly next?: number
}

export const CreateLot = LotTerms.safeExtend({
  commandId: Text(128)
    .min(1)
    .optional()
    .describe(
      'Makes the command repeatable: the same id by the same user gets the first answer again.',
    ),
})

export const UpdateLot = z.object({
  lotId: LotId,
  title: Title.optional(),
  description: Description.optional(),
  reservePrice: Amount.nullable()
    .optional()
    .describe('May only be lowered, or taken away with null.'),
  endsAt: EpochMs.optional().describe(
    'Epoch milliseconds. A seller may only move it later, a service as early as now + the soft-close window.',
  ),
})
export type UpdateLot = z.output<typeof UpdateLot>

export const WithdrawLot = z.object({ lotId: LotId, reason: Text(500).optional() })

/** What came of a bid, or of a retraction. Prices in minor units; `endsAt`, `serverTime` in epoch ms. */
export interface BidAccepted {
  readonly outcome: 'accepted'
  readonly lotId: string
  readonly clientBidId: string
  readonly seq: number
  /** Null only where a retraction left the lot without a bid. */
  readonly price: number | null
  /** False where an earlier or higher maximum stands against it: accepted, binding, and outbid at once. */
  readonly leading: boolean
  /** Zero only where a retraction took all your bids away. */
  readonly yourMax: number
  readonly minNext: number
  readonly reserveMet: boolean
  readonly endsAt: number
  readonly serverTime: number
  /** The amount that counts, where the grid moved it (`snap_down`). */
  readonly appliedAmount?: number
  readonly replayed?: true
}

/** What came of a command on a lot that is not a bid. */
export interface LotAccepted {
  readonly outcome: 'accepted'
  readonly lotId: string
  readonly lot: LotView
  readonly replayed?: true
}

/** The extra fields of a refusal, by code, as the clients get them. */
export interface RefusalFields {
  /** With `bid_too_low` and `max_not_raised`: the least amount that would have been taken. */
  readonly minAcceptable?: number
  readonly currency?: string
  readonly expected?: string
  readonly below?: number
  readonly above?: number
  readonly state?: string
  readonly opensAt?: number
  readonly closedAt?: number
  readonly result?: string
  readonly reason?: string
  readonly rule?: string
  readonly until?: number
  readonly field?: string
  readonly fields?: readonly string[]
  readonly scope?: 'user' | 'lot' | 'address'
  readonly retryAfterMs?: number
  readonly incidentId?: string
}

export interface Refused extends RefusalFields {
  readonly outcome: 'refused'
  readonly code: RefusalCode
  readonly lotId: string
  readonly clientBidId?: string
  readonly serverTime: number
  readonly retryable: boolean
  readonly replayed?: true
  /** The lot as the refusal was decided on it; absent where no lot was looked at. */
  readonly seq?: number
  readonly price?: number | null
  readonly leading?: boolean
  readonly yourMax?: number
  readonly minNext?: number
  readonly reserveMet?: boolean
  readonly endsAt?: number
}

/** The commit's outcome is in doubt, or no owner answered in time: send the same id again. */
export interface OutcomeUnknown {
  readonly outcome: 'unknown'
  readonly code: 'outcome_unknown'
  readonly lotId: string
  readonly clientBidId?: string
  readonly serverTime: number
  readonly retryable: true
}

export type BidOutcome = BidAccepted | Refused | OutcomeUnknown
export type LotOutcome = LotAccepted | Refused | OutcomeUnknown
