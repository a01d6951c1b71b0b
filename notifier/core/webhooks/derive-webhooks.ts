// From a commit to what webhooks are told of it: which events, not yet their words.
import type { LotResult, LotView } from '../../../protocol/auction.ts'
import { bidsPerEventMax } from '../../../protocol/webhook-payloads.ts'
import type { WebhookType } from '../../../protocol/webhooks.ts'
import type { Derivable } from '../commit.ts'
import type {
  ConversationCommit,
  ConversationEntry,
  ConversationFacts,
} from '../conversation-commit.ts'
import { endOf, type LotBid, type LotStretch, lotAfter } from '../lot-stretch.ts'
import type { WebhookCause } from '../notice.ts'

/**
 * What was read of a log gives webhooks to tell: bids, gathered, and then the rest in the order of its events.
 * Bids and what is said in rooms are told where they were read.
 * @throws UnderivableError where events of a lot are missing.
 */
export function deriveWebhooks(read: Derivable): WebhookCause[] {
  if (read.source === 'conversation') return conversationCauses(read)
  const lot = lotAfter(read)
  const bids = read.bids.map((bid) => ({ ...causeOf(read, bid, 'bid.accepted'), bids: 1 }))
  return [...gatherBids(bids), ...endCauses(read, lot)]
}

/**
 * Bids on one lot that follow each other become one cause, as long as an event has room for them; whatever
 * stands between two bids in the log (an end that was extended) does not part them.
 */
export function gatherBids(causes: readonly WebhookCause[]): WebhookCause[] {
  const gathered: WebhookCause[] = []
  const newestOfLot = new Map<string, number>()
  for (const cause of causes) {
    const at = newestOfLot.get(cause.aggregateId) ?? gathered.length
    const newest = gathered[at]
    if (newest !== undefined && newest.bids + cause.bids <= bidsPerEventMax) {
      const { toSeq, atMs } = cause
      gathered[at] = { ...newest, toSeq, atMs, bids: newest.bids + cause.bids }
    } else {
      newestOfLot.set(cause.aggregateId, gathered.length)
      gathered.push(cause)
    }
  }
  return gathered
}

const TYPES_OF_ENDS = {
  sold: 'lot.sold',
  unsold: 'lot.unsold',
  withdrawn: 'lot.cancelled',
  cancelled: 'lot.cancelled',
} as const satisfies Record<LotResult['outcome'], WebhookType>

/** A lot that found its buyer is an order as well. */
function endCauses(stretch: LotStretch, { result }: LotView): WebhookCause[] {
  const end = endOf(stretch)
  if (end === undefined || result === undefined) return []
  const ended = causeOf(stretch, end, TYPES_OF_ENDS[result.outcome])
  const isOrder = end.concerned.winner !== undefined && stretch.sellerId !== undefined
  return isOrder ? [ended, causeOf(stretch, end, 'order.created')] : [ended]
}

function conversationCauses(commit: ConversationCommit): WebhookCause[] {
  const { conversation, entries } = commit
  if (conversation === undefined) return []
  return entries.flatMap((entry) =>
    typesOf(conversation, entry).map((type) => causeOf(commit, entry, type)),
  )
}

function typesOf(
  { buyerId, sellerId }: ConversationFacts,
  { type, message, offer }: ConversationEntry,
): WebhookType[] {
  // Retention has taken the message: there is nothing to tell of it any more.
  if (message === undefined) return []
  if (type === 'message_created') return ['message.created']
  if (type !== 'offer_changed' || offer?.state !== 'accepted') return []
  const isOrder = buyerId !== undefined && sellerId !== undefined
  return isOrder ? ['offer.accepted', 'order.created'] : ['offer.accepted']
}

function causeOf(
  { source, aggregateId }: Derivable,
  { seq, atMs }: LotBid | ConversationEntry,
  type: WebhookType,
): WebhookCause {
  return { type, source, aggregateId, fromSeq: seq, toSeq: seq, atMs, bids: 0 }
}
