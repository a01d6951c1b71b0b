// The words of the auction: lots as they are created and shown, bids, and what came of them. Each
// schema is the type, the check at the edge and the documentation in one.
import { z } from 'zod'
import { CommandId, LotId } from './ids.ts'
import { Amount, CurrencyCode } from './money.ts'
import { LOT_REFUSALS, type LotRefusalCode } from './refusals.ts'
import { Shape } from './shape.ts'
import { Text } from './text.ts'

/** Milliseconds since 1970-01-01 UTC, whole. */
export const EpochMs = z.number().int().min(0).max(8_640_000_000_000_000)
const durationMsMax = 365 * 24 * 3_600_000
export const Title = Text(200).trim().min(1)
export const Description = Text(10_000)
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

/** Whole minor units; zero where there is nothing yet. */
const Minor = z.number().int().min(0)
/** A number of things, or a place in a row. */
const Count = z.number().int().min(0)
const Replayed = z
  .literal(true)
  .exactOptional()
  .describe('This is the first answer again: the id was used before.')
const refusalCodes = Object.keys(LOT_REFUSALS) as [LotRefusalCode, ...LotRefusalCode[]]

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
    startsAt: EpochMs.describe('Epoch milliseconds.'),
    endsAt: EpochMs.describe('Epoch milliseconds.'),
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

export const LotResult = Shape('How a lot ended.', {
  outcome: z.enum(['sold', 'unsold', 'withdrawn', 'cancelled']),
  at: EpochMs.describe('When bidding ended: the end in force, or the moment of the withdrawal.'),
  price: Minor.exactOptional().describe('The hammer price, where the lot is sold.'),
  winner: z.string().exactOptional().describe('The winner’s alias, where the lot is sold.'),
  reason: z.string().exactOptional(),
})
export type LotResult = Readonly<z.output<typeof LotResult>>

export const LotView = Shape('What everybody may know of a lot.', {
  lotId: LotId,
  saleId: z.string().exactOptional(),
  listingId: z.string().exactOptional(),
  title: z.string(),
  currency: z.string(),
  format: z.literal('english'),
  state: z.enum(LOT_STATES),
  round: Count,
  seq: Count.describe('The offset of this state in the lot’s channel.'),
  price: Minor.nullable().describe('Null before the first bid.'),
  startPrice: Minor,
  minNext: Minor.describe('The least that the next bid may be.'),
  leader: z.string().nullable().describe('The leader’s alias (`Bidder 1`), or null.'),
  reserveMet: z.boolean(),
  bidCount: Count,
  bidderCount: Count,
  startsAt: EpochMs,
  endsAt: EpochMs,
  extensions: Count,
  serverTime: EpochMs.describe('When this view was made, on the engine’s clock.'),
  result: LotResult.exactOptional(),
})
export type LotView = Readonly<z.output<typeof LotView>>

export const OwnStanding = Shape('The caller’s own standing on a lot: told to nobody else.', {
  leading: z.boolean(),
  max: Minor,
  alias: z.string().describe('How the others see you.'),
})
export type OwnStanding = Readonly<z.output<typeof OwnStanding>>

/** The answer of `lot.get`. */
export const LotForCaller = LotView.extend({
  you: OwnStanding.exactOptional().describe('Where you have bid.'),
}).describe('A lot, and how the caller stands on it.')

export const BidKind = z.enum(['proxy', 'exact'])
export type BidKind = z.output<typeof BidKind>

export const PublicBid = Shape('A bid as everybody may see it.', {
  alias: z.string(),
  amount: Minor.describe('What the bid made visible: the price after it, never a secret maximum.'),
  kind: BidKind,
  at: EpochMs,
})
export type PublicBid = Readonly<z.output<typeof PublicBid>>

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

export const LotPublication = Shape(
  '`data` of a publication on `lot:`: an event, and the lot after it.',
  {
    type: z.enum(LOT_EVENT_TYPES),
    lot: LotView,
    bid: PublicBid.exactOptional().describe('With `bid_accepted`.'),
    extended: z
      .object({ from: EpochMs, to: EpochMs, reason: z.string() })
      .exactOptional()
      .describe('With `lot_extended`.'),
    retracted: z
      .object({ priceBefore: Minor, priceAfter: Minor.nullable() })
      .exactOptional()
      .describe('With `bid_retracted`.'),
    fromSeq: Count.exactOptional().describe(
      'The first seq this publication stands for, where events before it were conflated into it.',
    ),
  },
)
export type LotPublication = Readonly<z.output<typeof LotPublication>>

export const LotSnapshot = Shape('`data` in the reply to a `subscribe` on `lot:`.', {
  lot: LotView,
  bids: z.array(PublicBid).readonly().describe('Newest first, at most 20.'),
  watchers: Count,
  you: OwnStanding.exactOptional(),
})
export type LotSnapshot = Readonly<z.output<typeof LotSnapshot>>

export const BidPage = Shape('Bids, newest first.', {
  items: z.array(PublicBid.extend({ seq: Count })).readonly(),
  next: Count.exactOptional().describe(
    'Pass as `before` for the following page; absent on the last one.',
  ),
})
export type BidPage = Readonly<z.output<typeof BidPage>>

// ---- what came of a command -------------------------------------------------------------------

export const BidAccepted = Shape('What came of a bid, or of a retraction, that was taken.', {
  outcome: z.literal('accepted'),
  lotId: LotId,
  clientBidId: CommandId,
  seq: Count,
  price: Minor.nullable().describe('Null only where a retraction left the lot without a bid.'),
  leading: z
    .boolean()
    .describe(
      'False where an earlier or higher maximum stands against it: accepted, binding, and outbid at once.',
    ),
  yourMax: Minor.describe('Zero only where a retraction took all your bids away.'),
  minNext: Minor,
  reserveMet: z.boolean(),
  endsAt: EpochMs,
  serverTime: EpochMs,
  appliedAmount: Minor.exactOptional().describe(
    'The amount that counts, where the grid moved it (`snap_down`).',
  ),
  replayed: Replayed,
})
export type BidAccepted = Readonly<z.output<typeof BidAccepted>>

export const LotAccepted = Shape('What came of a command on a lot that is not a bid.', {
  outcome: z.literal('accepted'),
  lotId: LotId,
  lot: LotView,
  state: z.enum(LOT_STATES).exactOptional().describe('The lot’s, once more.'),
  replayed: Replayed,
})
export type LotAccepted = Readonly<z.output<typeof LotAccepted>>

export const RefusalFields = Shape('The extra fields of a refusal, by code.', {
  minAcceptable: Minor.exactOptional().describe(
    'With `bid_too_low` and `max_not_raised`: the least amount that would have been taken.',
  ),
  currency: z.string().exactOptional(),
  expected: z.string().exactOptional(),
  below: z.number().exactOptional(),
  above: z.number().exactOptional(),
  state: z.string().exactOptional(),
  opensAt: EpochMs.exactOptional(),
  closedAt: EpochMs.exactOptional(),
  result: z.string().exactOptional(),
  reason: z.string().exactOptional(),
  rule: z.string().exactOptional(),
  until: EpochMs.exactOptional(),
  field: z.string().exactOptional(),
  fields: z.array(z.string()).readonly().exactOptional(),
  scope: z.enum(['user', 'lot', 'address']).exactOptional(),
  retryAfterMs: z.number().exactOptional(),
  incidentId: z.string().exactOptional(),
})
export type RefusalFields = Readonly<z.output<typeof RefusalFields>>

export const Refused = Shape('The command was heard and not carried out; `code` says why.', {
  ...RefusalFields.shape,
  outcome: z.literal('refused'),
  code: z.enum(refusalCodes),
  lotId: LotId,
  clientBidId: CommandId.exactOptional(),
  serverTime: EpochMs,
  retryable: z.boolean(),
  replayed: Replayed,
  seq: Count.exactOptional().describe(
    'With the following fields: the lot as the refusal was decided on it; absent where no lot was looked at.',
  ),
  price: Minor.nullable().exactOptional(),
  leading: z.boolean().exactOptional(),
  yourMax: Minor.exactOptional(),
  minNext: Minor.exactOptional(),
  reserveMet: z.boolean().exactOptional(),
  endsAt: EpochMs.exactOptional(),
})
export type Refused = Readonly<z.output<typeof Refused>>

export const OutcomeUnknown = Shape(
  'The outcome is in doubt: send the same id again to learn it.',
  {
    outcome: z.literal('unknown'),
    code: z.literal('outcome_unknown'),
    lotId: LotId,
    clientBidId: CommandId.exactOptional(),
    serverTime: EpochMs,
    retryable: z.literal(true),
  },
)
export type OutcomeUnknown = Readonly<z.output<typeof OutcomeUnknown>>

export const BidOutcome = z.discriminatedUnion('outcome', [BidAccepted, Refused, OutcomeUnknown])
export type BidOutcome = Readonly<z.output<typeof BidOutcome>>
export const LotOutcome = z.discriminatedUnion('outcome', [LotAccepted, Refused, OutcomeUnknown])
export type LotOutcome = Readonly<z.output<typeof LotOutcome>>
