// The methods about lots and bids.
import { BidOutcome, BidPage, LotForCaller, LotOutcome } from './auction.ts'
import {
  CreateLot,
  ListBids,
  LotRef,
  PlaceBid,
  RetractBid,
  UpdateLot,
  WithdrawLot,
} from './auction-requests.ts'
import type { MethodTable } from './method-table.ts'

/** Makes a command on a lot repeatable: the same id by the same user gets the first answer again. */
const Repeatable = { commandId: CreateLot.shape.commandId }

const PublishLot = LotRef.extend(Repeatable)
const ChangeLot = UpdateLot.extend(Repeatable)
const EndLot = WithdrawLot.extend(Repeatable)
const TakeBack = RetractBid.extend(Repeatable)

export const AUCTION_METHODS = {
  'bid.place': {
    params: PlaceBid,
    http: {
      method: 'POST',
      path: '/v1/lots/{lotId}/bids',
      success: 200,
      idempotencyKey: 'clientBidId',
    },
    audience: 'user',
    result: BidOutcome,
    summary: 'Bids on a lot: `proxy` names the secret most you pay, `exact` the price you call.',
  },
  'bid.retract': {
    params: TakeBack,
    http: {
      method: 'POST',
      path: '/v1/lots/{lotId}/bids/{clientBidId}/retract',
      success: 200,
      idempotencyKey: 'commandId',
    },
    audience: 'user',
    result: BidOutcome,
    summary: 'Takes a bid back, where the lot’s retraction rules allow it.',
  },
  'lot.get': {
    params: LotRef,
    http: { method: 'GET', path: '/v1/lots/{lotId}', success: 200 },
    audience: 'anyone',
    result: LotForCaller,
    summary: 'The public state of a lot, and how the caller stands on it.',
  },
  'lot.bids': {
    params: ListBids,
    http: { method: 'GET', path: '/v1/lots/{lotId}/bids', success: 200 },
    audience: 'anyone',
    result: BidPage,
    summary: 'The public bids of a lot, newest first.',
  },
  'lot.create': {
    params: CreateLot,
    http: { method: 'POST', path: '/v1/lots', success: 201, idempotencyKey: 'commandId' },
    audience: 'user',
    result: LotOutcome,
    summary: 'Creates a lot as a draft; needs the role `seller` or `service`.',
  },
  'lot.publish': {
    params: PublishLot,
    http: {
      method: 'POST',
      path: '/v1/lots/{lotId}/publish',
      success: 200,
      idempotencyKey: 'commandId',
    },
    audience: 'user',
    result: LotOutcome,
    summary: 'Schedules a draft; one whose `startsAt` has passed opens at once.',
  },
  'lot.update': {
    params: ChangeLot,
    http: { method: 'PATCH', path: '/v1/lots/{lotId}', success: 200, idempotencyKey: 'commandId' },
    audience: 'user',
    result: LotOutcome,
    summary: 'Changes what may still change: texts, a lower reserve, a later end.',
  },
  'lot.withdraw': {
    params: EndLot,
    http: {
      method: 'POST',
      path: '/v1/lots/{lotId}/withdraw',
      success: 200,
      idempotencyKey: 'commandId',
    },
    audience: 'user',
    result: LotOutcome,
    summary: 'Takes back a lot that has no bid.',
  },
  'lot.cancel': {
    params: EndLot,
    http: {
      method: 'POST',
      path: '/v1/lots/{lotId}/cancel',
      success: 200,
      idempotencyKey: 'commandId',
    },
    audience: 'user',
    result: LotOutcome,
    summary: 'Ends a lot that has bids without a sale; needs the role `service` or `admin`.',
  },
} as const satisfies MethodTable
