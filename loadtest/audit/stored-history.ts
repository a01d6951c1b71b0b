// What a database holds at the end, read for the judge of histories: page by page, so that a million
// decisions need no more memory than a few thousand.
import type { ChatHistory } from '../../history/chat-history.ts'
import type { Asked, LiveView, StoredDecision, StoredEvent } from '../../history/lot-entries.ts'
import type { LotHistory } from '../../history/lot-history.ts'
import type { Pool, PoolClient } from '../../platform/postgres/pool.ts'
import type { LotEventType, SoftClose } from '../../protocol/auction.ts'
import type { ChatEventType } from '../../protocol/chat.ts'
import type { EngineReply } from '../../protocol/engine.ts'
import type { StoredNotice } from './bidder-notices.ts'

const rowsPerPage = 5_000

interface DecisionRow {
  readonly decision_no: number
  readonly epoch: number
  readonly actor_id: string
  readonly command_id: string
  readonly command: Asked['type']
  readonly input: Omit<Asked, 'type'> & { readonly roles?: readonly string[] }
  readonly admitted_at_ms: number
  readonly seq: number
  readonly reply: EngineReply
}

interface EventRow {
  readonly seq: number
  readonly epoch: number
  readonly type: LotEventType
  readonly view: LiveView
}

/** Who is told of stored lots, one lot after the other. */
export interface LotJudge extends Pick<LotHistory, 'offered' | 'decided' | 'ended'> {
  /** What the bidders of a lot were notified of, before its decisions. */
  notified?(lotId: string, notices: readonly StoredNotice[]): void
}

/**
 * Tells the judge all decisions, events and final states, of all lots or of those named. Clients have told
 * theirs before.
 */
export async function tellStoredLots(
  history: LotJudge,
  pool: Pool,
  lotIds?: readonly string[],
): Promise<void> {
  await atOneMoment(pool, (client) => tellLots(history, client, lotIds))
}

async function tellLots(
  history: LotJudge,
  client: PoolClient,
  lotIds: readonly string[] | undefined,
): Promise<void> {
  const { rows: lots } = await client.query<{
    readonly lot_id: string
    readonly decision_no: number
    readonly view: LiveView
    readonly untold: number
    readonly soft_close: SoftClose | null
  }>(
    `SELECT h.lot_id, h.decision_no, h.live AS view, l.terms -> 'softClose' AS soft_close,
            (SELECT count(*) FROM outbox o
              WHERE o.source = 'lot' AND o.aggregate_id = h.lot_id AND NOT o.published) AS untold
       FROM lots_hot h JOIN lots l USING (lot_id)
      WHERE $1::uuid[] IS NULL OR h.lot_id = ANY ($1) ORDER BY h.lot_id`,
    [lotIds ?? null],
  )
  for (const lot of lots) {
    const { lot_id: lotId, decision_no: decisionNo, view, untold, soft_close: softClose } = lot
    history.offered(lotId, softClose)
    history.notified?.(lotId, await noticesOf(lotId, client))
    for await (const decision of decisionsOf(lotId, client)) history.decided(decision)
    history.ended({ lotId, decisionNo, view, untold })
  }
}

async function noticesOf(lotId: string, client: PoolClient): Promise<StoredNotice[]> {
  const { rows } = await client.query<StoredNotice>(
    `SELECT user_id AS "userId", type, source_seq AS seq
       FROM notifications WHERE source = 'lot' AND aggregate_id = $1`,
    [lotId],
  )
  return rows
}

async function* decisionsOf(lotId: string, client: PoolClient): AsyncGenerator<StoredDecision> {
  let after = { decision_no: 0, seq: 0 }
  for (;;) {
    const { rows } = await client.query<DecisionRow>(
      `SELECT decision_no, epoch, actor_id, command_id, command, input, admitted_at_ms, seq, reply
         FROM lot_answers WHERE lot_id = $1 AND decision_no > $2
        ORDER BY decision_no LIMIT $3`,
      [lotId, after.decision_no, rowsPerPage],
    )
    const last = rows.at(-1)
    if (last === undefined) return
    const { rows: events } = await client.query<EventRow>(
      `SELECT seq, epoch, type, live::json AS view
         FROM lot_events WHERE lot_id = $1 AND seq > $2 AND seq <= $3 ORDER BY seq`,
      [lotId, after.seq, last.seq],
    )
    let from = 0
    for (const row of rows) {
      let to = from
      while ((events[to]?.seq ?? Number.POSITIVE_INFINITY) <= row.seq) to += 1
      yield decisionFrom(lotId, row, events.slice(from, to))
      from = to
    }
    after = last
  }
}

function decisionFrom(
  lotId: string,
  row: DecisionRow,
  events: readonly StoredEvent[],
): StoredDecision {
  const { kind, amount, clientBidId, awayFromMs, roles } = row.input
  return {
    lotId,
    decisionNo: row.decision_no,
    epoch: row.epoch,
    // Only somebody has roles; time has none.
    actorId: roles === undefined ? undefined : row.actor_id,
    commandId: row.command_id,
    asked: {
      type: row.command,
      ...(kind === undefined ? {} : { kind }),
      ...(amount === undefined ? {} : { amount }),
      ...(clientBidId === undefined ? {} : { clientBidId }),
      ...(awayFromMs === undefined ? {} : { awayFromMs }),
    },
    admittedAtMs: row.admitted_at_ms,
    reply: row.reply,
    events,
  }
}

/**
 * Tells the judge all that is stored of conversations, in the order of their events. Texts are left out:
 * they may have been changed since. Who is told how much is unread is asked of a gateway, not here.
 * @param only the conversations to tell. Default: all
 */
export async function tellStoredChat(
  history: ChatHistory,
  pool: Pool,
  only?: readonly string[],
): Promise<void> {
  await atOneMoment(pool, (client) => tellConversations(history, client, only))
}

async function tellConversations(
  history: ChatHistory,
  client: PoolClient,
  only: readonly string[] | undefined,
): Promise<void> {
  const { rows } = await client.query<{
    readonly conversation_id: string
    readonly last_seq: number
  }>(
    `SELECT conversation_id, last_seq FROM conversations
      WHERE $1::uuid[] IS NULL OR conversation_id = ANY ($1) ORDER BY conversation_id`,
    [only],
  )
  for (const { conversation_id: conversationId, last_seq: lastSeq } of rows) {
    await tellEvents(history, conversationId, client)
    await tellMessages(history, conversationId, client)
    history.ended(conversationId, lastSeq)
  }
}

async function tellEvents(
  history: ChatHistory,
  conversationId: string,
  client: PoolClient,
): Promise<void> {
  for (let after = 0; ; ) {
    const { rows } = await client.query<{
      readonly seq: number
      readonly type: ChatEventType
      readonly message_id: string | null
    }>(
      `SELECT seq, type, message_id FROM conversation_events
        WHERE conversation_id = $1 AND seq > $2 ORDER BY seq LIMIT $3`,
      [conversationId, after, rowsPerPage],
    )
    for (const { seq, type, message_id: messageId } of rows) {
      history.happened({ conversationId, seq, type, ...(messageId === null ? {} : { messageId }) })
      after = seq
    }
    if (rows.length < rowsPerPage) return
  }
}

async function tellMessages(
  history: ChatHistory,
  conversationId: string,
  client: PoolClient,
): Promise<void> {
  let after = -1
  for (;;) {
    // One that is held has no seq; all of those come at once, and first.
    const { rows } = await client.query<{
      readonly message_id: string
      readonly seq: number
      readonly sender_id: string
      readonly state: 'visible' | 'held' | 'deleted'
      readonly kind: string
      readonly client_message_id: string
    }>(
      `SELECT message_id, coalesce(seq, 0) AS seq, sender_id, state, kind,
              view ->> 'clientMessageId' AS client_message_id
         FROM messages WHERE conversation_id = $1 AND coalesce(seq, 0) > $2
        ORDER BY seq FETCH FIRST $3 ROWS WITH TIES`,
      [conversationId, after, rowsPerPage],
    )
    for (const row of rows) {
      history.kept({
        conversationId,
        messageId: row.message_id,
        seq: row.seq === 0 ? undefined : row.seq,
        senderId: row.sender_id,
        clientMessageId: row.kind === 'system' ? undefined : row.client_message_id,
        state: row.state,
      })
      after = row.seq
    }
    if (rows.length < rowsPerPage) return
  }
}

/**
 * Lets `read` see the database as it is now, however long it reads: what is committed meanwhile would make where a
 * stream stands, and what is in it, contradict each other.
 */
async function atOneMoment(pool: Pool, read: (client: PoolClient) => Promise<void>): Promise<void> {
  const client = await pool.connect()
  let failed = true
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
    await read(client)
    await client.query('COMMIT')
    failed = false
  } finally {
    // One whose transaction did not end is of no use to the next.
    client.release(failed)
  }
}
