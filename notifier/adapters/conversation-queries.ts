// The statements by which the notifier reads what commits wrote to the logs of conversations, and who is
// there to be told.
import type { PoolClient } from 'pg'
import type {
  ChatEventType,
  ConversationKind,
  MessageView,
  OfferView,
  SubjectType,
} from '../../protocol/chat.ts'
import type {
  ConversationCommit,
  ConversationEntry,
  ConversationFacts,
  Listener,
} from '../core/conversation-commit.ts'
import { commitColumns, type OutboxRow } from './outbox-queries.ts'

/** What the commits wrote, in the order given; in a room only where it is asked for. */
export async function readConversationCommits(
  client: PoolClient,
  taken: readonly OutboxRow[],
  { rooms }: { readonly rooms: boolean },
): Promise<ConversationCommit[]> {
  if (taken.length === 0) return []
  const ids = [...new Set(taken.map(({ aggregateId }) => aggregateId))]
  const conversations = await readConversations(client, ids)
  // A room tells no user, however busy it is.
  const talks = taken.filter(
    ({ aggregateId }) => rooms || conversations.get(aggregateId)?.kind !== 'room',
  )
  const entries = await readEntries(client, talks)
  return taken.map(({ outboxId, aggregateId, fromSeq, toSeq }) => ({
    source: 'conversation',
    aggregateId,
    fromSeq,
    toSeq,
    entries: entries.get(outboxId) ?? [],
    conversation: conversations.get(aggregateId),
  }))
}

interface MemberRow {
  readonly conversation_id: string
  readonly kind: ConversationKind
  readonly subject_type: SubjectType
  readonly subject_id: string
  readonly buyer_id: string | null
  readonly seller_id: string | null
  /** Null, as what follows, where the conversation has no members to be told. */
  readonly user_id: string | null
  readonly muted_until_ms: number | null
  readonly blocks: readonly string[]
}

async function readConversations(
  client: PoolClient,
  ids: readonly string[],
): Promise<ReadonlyMap<string, ConversationFacts>> {
  const { rows } = await client.query<MemberRow>({
    name: 'notifier-read-conversations',
    text: `
      SELECT k.conversation_id, k.kind, k.subject_type, k.subject_id, k.buyer_id, k.seller_id,
             m.user_id, m.muted_until_ms,
             ARRAY(SELECT b.blocked_id FROM blocks b
                    WHERE b.blocker_id = m.user_id AND b.blocked_id IN (k.buyer_id, k.seller_id)) AS blocks
        FROM conversations k
        LEFT JOIN conversation_members m
               ON m.conversation_id = k.conversation_id AND k.kind <> 'room'
       WHERE k.conversation_id = ANY ($1::uuid[])
       ORDER BY m.user_id`,
    values: [ids],
  })
  const byConversation = Map.groupBy(rows, ({ conversation_id }) => conversation_id)
  return new Map(
    rows.map((row) => [
      row.conversation_id,
      factsOf(row, byConversation.get(row.conversation_id) ?? []),
    ]),
  )
}

function factsOf(
  { kind, subject_type, subject_id, buyer_id, seller_id }: MemberRow,
  members: readonly MemberRow[],
): ConversationFacts {
  return {
    kind,
    subject: { type: subject_type, id: subject_id },
    ...(buyer_id === null ? {} : { buyerId: buyer_id }),
    ...(seller_id === null ? {} : { sellerId: seller_id }),
    members: members.flatMap(listenerOf),
  }
}

function listenerOf({ user_id, muted_until_ms, blocks }: MemberRow): Listener[] {
  if (user_id === null) return []
  const muted = muted_until_ms === null ? {} : { mutedUntilMs: muted_until_ms }
  return [{ userId: user_id, blocks, ...muted }]
}

interface EntryRow {
  readonly outbox_id: number
  readonly seq: number
  readonly at_ms: number
  readonly type: ChatEventType
  readonly actor_id: string
  readonly view: MessageView | null
  readonly offer: OfferView | null
}

/**
 * Looked up by seqs, as the events of lots are, and each message by its id: in a storm the conversation's
 * log and its messages must not be read whole for each pass. Of the view only what an event is comes from
 * here, so PostgreSQL leaves out its join. A tombstone shows no offer; what was agreed upon before is in
 * the version that the deletion left.
 */
async function readEntries(
  client: PoolClient,
  taken: readonly OutboxRow[],
): Promise<ReadonlyMap<number, readonly ConversationEntry[]>> {
  if (taken.length === 0) return new Map()
  const { rows } = await client.query<EntryRow>({
    name: 'notifier-read-conversation-events',
    text: `
      SELECT c.outbox_id, e.seq, e.at_ms, e.type, e.actor_id, m.view,
             coalesce(m.view -> 'offer', v.offer) AS offer
        FROM unnest($1::bigint[], $2::uuid[], $3::bigint[], $4::bigint[])
               AS c (outbox_id, conversation_id, from_seq, to_seq)
       CROSS JOIN LATERAL (
               SELECT p.seq, p.at_ms, p.type, p.actor_id, p.message_id FROM conversation_publications p
                WHERE p.conversation_id = c.conversation_id AND p.seq BETWEEN c.from_seq AND c.to_seq
                ORDER BY p.seq LIMIT c.to_seq - c.from_seq + 1) e
        LEFT JOIN LATERAL (
               SELECT t.view FROM messages t
                WHERE t.conversation_id = c.conversation_id AND t.message_id = e.message_id
                LIMIT 1) m ON true
        LEFT JOIN LATERAL (
               SELECT d.view -> 'offer' AS offer FROM message_versions d
                WHERE m.view ->> 'kind' = 'offer' AND NOT m.view ? 'offer'
                  AND d.conversation_id = c.conversation_id AND d.message_id = e.message_id
                ORDER BY d.to_ms DESC LIMIT 1) v ON true
       ORDER BY c.outbox_id, e.seq`,
    values: commitColumns(taken),
  })
  const entries = Map.groupBy(rows, ({ outbox_id }) => outbox_id)
  return new Map(Array.from(entries, ([outboxId, of]) => [outboxId, of.map(entryOf)]))
}

function entryOf({ seq, at_ms, type, actor_id, view, offer }: EntryRow): ConversationEntry {
  return {
    seq,
    atMs: at_ms,
    type,
    actorId: actor_id,
    ...(view === null ? {} : { message: view }),
    ...(offer === null ? {} : { offer }),
  }
}
