// What a client may ask of the auction: the parameters of the methods `lot.*` and `bid.*`.
import { z } from 'zod'
import { BidKind, Description, EpochMs, LotTerms, Title } from './auction.ts'
import { CommandId, LotId } from './ids.ts'
import { Amount } from './money.ts'
import { WholeNumber } from './query.ts'
import { Text } from './text.ts'

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
  before: WholeNumber.min(1)
    .optional()
    .describe('Only bids before this seq: the `next` of the page before.'),
  limit: WholeNumber.min(1).max(100).default(20),
})

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
