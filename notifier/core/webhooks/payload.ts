// The words of a webhook event, from what its place in the logs holds now. Only public words of a lot and
// the ids of those concerned go in, so it can hold no secret.
import type { WebhookPayload } from '../../../protocol/webhook-payloads.ts'
import type { WebhookType } from '../../../protocol/webhooks.ts'
import type { Commit } from '../commit.ts'
import type {
  ConversationCommit,
  ConversationEntry,
  ConversationFacts,
} from '../conversation-commit.ts'
import type { LotCommit, LotEntry } from '../lot-commit.ts'

/** Of one type of event: what it tells. */
type Data<Type extends WebhookPayload['type']> = Extract<WebhookPayload, { type: Type }>['data']

/**
 * What an event of `type` tells whose place in the logs is `commit`; undefined where the logs do not hold
 * it any more (retention): then there is nothing left to tell.
 */
export function payloadData(type: WebhookType, commit: Commit): WebhookPayload['data'] | undefined {
  return commit.source === 'lot' ? lotData(type, commit) : conversationData(type, commit)
}

function lotData(type: WebhookType, commit: LotCommit): WebhookPayload['data'] | undefined {
  const last = commit.entries.at(-1)
  if (last === undefined) return undefined
  if (type === 'bid.accepted') return bidsData(commit.entries, last)
  if (type === 'order.created') return lotOrder(commit, last)
  const { sellerId } = commit
  const { winner } = last.concerned
  const ended: Data<'lot.sold'> = {
    lot: last.publication.lot,
    ...(sellerId === undefined ? {} : { sellerId }),
    ...(winner === undefined ? {} : { buyerId: winner }),
  }
  return ended
}

function bidsData(
  entries: readonly LotEntry[],
  { publication: { lot } }: LotEntry,
): Data<'bid.accepted'> {
  const bids = entries.flatMap(({ seq, publication: { bid } }) =>
    bid === undefined ? [] : [{ ...bid, seq }],
  )
  return { lotId: lot.lotId, bids, lot }
}

/** A lot is sold once, so its id is the order's too. */
function lotOrder(
  { sellerId }: LotCommit,
  { publication: { lot }, concerned }: LotEntry,
): Data<'order.created'> | undefined {
  const { winner: buyerId } = concerned
  if (buyerId === undefined || sellerId === undefined) return undefined
  const { lotId, listingId, title, currency, result } = lot
  return {
    orderId: lotId,
    lotId,
    ...(listingId === undefined ? {} : { listingId }),
    title,
    buyerId,
    sellerId,
    ...(result?.price === undefined ? {} : { amount: result.price }),
    currency,
  }
}

function conversationData(
  type: WebhookType,
  { aggregateId, conversation, entries }: ConversationCommit,
): WebhookPayload['data'] | undefined {
  const entry = entries.at(-1)
  if (conversation === undefined || entry === undefined) return undefined
  const names = conversationNames(aggregateId, conversation)
  if (type === 'message.created') {
    const { message } = entry
    return message === undefined ? undefined : { conversation: names, message }
  }
  if (type === 'order.created') return offerOrder(aggregateId, conversation, entry)
  const { seq, offer, actorId } = entry
  if (offer === undefined) return undefined
  const accepted: Data<'offer.accepted'> = {
    conversation: names,
    seq,
    offer,
    acceptedBy: actorId,
  }
  return accepted
}

type ConversationNames = Data<'message.created'>['conversation']

function conversationNames(
  conversationId: string,
  { kind, subject, buyerId, sellerId }: ConversationFacts,
): ConversationNames {
  return {
    conversationId,
    kind,
    [`${subject.type}Id` as const]: subject.id,
    ...(buyerId === undefined ? {} : { buyerId }),
    ...(sellerId === undefined ? {} : { sellerId }),
  }
}

function offerOrder(
  conversationId: string,
  { subject, buyerId, sellerId }: ConversationFacts,
  { offer }: ConversationEntry,
): Data<'order.created'> | undefined {
  if (offer === undefined || buyerId === undefined || sellerId === undefined) return undefined
  const { offerId, orderId, amount, currency } = offer
  return {
    orderId: orderId ?? offerId,
    ...(subject.type === 'lot' ? { lotId: subject.id } : {}),
    ...(subject.type === 'listing' ? { listingId: subject.id } : {}),
    conversationId,
    buyerId,
    sellerId,
    amount,
    currency,
  }
}
