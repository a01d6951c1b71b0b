// What moderators look at: the queue of cases and the rules over texts.
import type { Pool } from '../../platform/postgres/pool.ts'
import type { MessageView } from '../../protocol/chat.ts'
import type {
  ModerationCase,
  ModerationQueuePage,
  ModerationRule,
} from '../../protocol/moderation.ts'
import type { ChatBook, PageAsked } from '../ports/chat-book.ts'
import { pageOf } from './keyset-page.ts'
import { readCursor, writeCursor } from './page-cursor.ts'

// A reported message may be gone by the time somebody looks at the report: then what it said last counts.
const queueQuery = {
  name: 'gateway-moderation-queue',
  text: `
    SELECT k.case_id, k.kind, k.conversation_id, k.opened_at_ms, k.reported_by, k.reason, k.note, k.rules,
           coalesce(said.view, m.view) AS message
      FROM moderation_cases k
      LEFT JOIN messages m ON m.conversation_id = k.conversation_id AND m.message_id = k.message_id
      LEFT JOIN LATERAL (
        SELECT v.view FROM message_versions v
         WHERE m.state = 'deleted' AND v.conversation_id = k.conversation_id
           AND v.message_id = k.message_id
         ORDER BY v.to_ms DESC LIMIT 1) said ON true
     WHERE k.decision IS NULL
       AND ($1::bigint IS NULL OR (k.opened_at_ms, k.case_id) > ($1, $2::uuid))
     ORDER BY k.opened_at_ms, k.case_id LIMIT $3`,
}

const caseConversationQuery = {
  name: 'gateway-case-conversation',
  text: 'SELECT conversation_id FROM moderation_cases WHERE case_id = $1 AND decision IS NULL',
}

const rulesQuery = {
  name: 'gateway-moderation-rules',
  text: 'SELECT rule FROM moderation_rules ORDER BY position',
}

type ModerationReads = Pick<ChatBook, 'queue' | 'caseConversation' | 'rules'>

export function createModerationReads(pool: Pool): ModerationReads {
  return {
    queue: (page) => loadQueue(pool, page),
    caseConversation: (caseId) => loadCaseConversation(pool, caseId),
    rules: () => loadRules(pool),
  }
}

interface CaseRow {
  readonly case_id: string
  readonly kind: ModerationCase['kind']
  readonly conversation_id: string
  readonly opened_at_ms: number
  readonly reported_by: string | null
  readonly reason: string | null
  readonly note: string | null
  readonly rules: readonly string[]
  readonly message: MessageView | null
}

async function loadQueue(
  pool: Pool,
  { cursor, limit }: PageAsked,
): Promise<ModerationQueuePage | undefined> {
  const after = cursor === undefined ? [null, null] : readCursor(cursor, ['number', 'uuid'])
  if (after === undefined) return undefined
  const { rows } = await pool.query<CaseRow>({ ...queueQuery, values: [...after, limit + 1] })
  return pageOf(rows, limit, caseOf, (last) => writeCursor([last.opened_at_ms, last.case_id]))
}

function caseOf(row: CaseRow): ModerationCase {
  const { message, reported_by: reportedBy, reason, note, rules } = row
  return {
    caseId: row.case_id,
    kind: row.kind,
    conversationId: row.conversation_id,
    openedAt: row.opened_at_ms,
    ...(message === null ? {} : { message }),
    ...(reportedBy === null ? {} : { reportedBy }),
    ...(reason === null ? {} : { reason }),
    ...(note === null ? {} : { note }),
    ...(row.kind === 'held' ? { rules: [...rules] } : {}),
  }
}

async function loadCaseConversation(pool: Pool, caseId: string): Promise<string | undefined> {
  const { rows } = await pool.query<{ readonly conversation_id: string }>({
    ...caseConversationQuery,
    values: [caseId],
  })
  return rows[0]?.conversation_id
}

async function loadRules(pool: Pool): Promise<readonly ModerationRule[]> {
  const { rows } = await pool.query<{ readonly rule: ModerationRule }>(rulesQuery)
  return rows.map(({ rule }) => rule)
}
