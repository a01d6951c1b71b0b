// From a commit to what webhooks are told of it: which events, not yet their words.
import type { LotResult } from '../../../protocol/auction.ts'
import { bidsPerEventMax } from '../../../protocol/webhook-payloads.ts'
import type { WebhookType } from '../../../protocol/webhooks.ts'
import type { Commit } from '../commit.ts'
import type {
  ConversationCommit,
  ConversationEntry,
  ConversationFacts,
} from '../conversation-commit.ts'
import type { LotCommit, LotEntry } from '../lot-commit.ts'
import { checkedLast, type WebhookCause } from '../notice.ts'

/**
 * What one commit gives webhooks to tell: its bids first, gathered, then the rest in the order of its
 * events. A room tells its messages too, where they were read.
 * @throws UnderivableError where events of a lot are missing.
 */
export function deriveWebhooks(commit: Commit): WebhookCause[] {
  if (commit.source === 'conversation') return conversationCauses(commit)
  checkedLast(commit)
  const bids = commit.entries
    .filter(({ publication }) => publication.type === 'bid_accepted')
    .map((entry) => ({ ...causeOf(commit, entry, 'bid.accepted'), bids: 1 }))
  return [...gatherBids(bids), ...commit.entries.flatMap((entry) => endCauses(commit, entry))]
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

const endings: readonly string[] = ['lot_closed', 'lot_withdrawn', 'lot_cancelled']

/** A lot that found its buyer is an order as well. */
function endCauses(commit: LotCommit, entry: LotEntry): WebhookCause[] {
  const { type, lot } = entry.publication
  if (lot.result === undefined || !endings.includes(type)) return []
  const end = causeOf(commit, entry, TYPES_OF_ENDS[lot.result.outcome])
  const isOrder = entry.concerned.winner !== undefined && commit.sellerId !== undefined
  return isOrder ? [end, causeOf(commit, entry, 'order.created')] : [end]
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
  { source, aggregateId }: Commit,
  { seq, atMs }: LotEntry | ConversationEntry,
  type: WebhookType,
): WebhookCause {
  return { type, source, aggregateId, fromSeq: seq, toSeq: seq, atMs, bids: 0 }
}
