// Conversations in PostgreSQL. Each lane has a log of its own, with a connection of its own for the commits,
// so that a batch never queues behind somebody's reading.
import { CommitConnection, uniqueKeyTaken } from '../../platform/postgres/commit-connection.ts'
import type { Pool } from '../../platform/postgres/pool.ts'
import type { Facts } from '../core/conversation.ts'
import type {
  ChatBatch,
  ChatCommitResult,
  ChatLog,
  ConversationVerdict,
  FactsWanted,
} from '../ports/chat-log.ts'
import { ChatBatchColumns, commitStatement } from './chat-batch-columns.ts'
import { FactsQuestion, type FactsRow, factsFrom, readStatement } from './chat-facts.ts'
import { withPauses } from './last-spoken.ts'

interface VerdictRow {
  readonly status: 'ok' | 'already' | 'conflict'
  readonly outbox_id: number | null
}

/** @param pool One of its connections is kept for the commits, from the first one until `close`. */
export function createPostgresChatLog(pool: Pool): ChatLog {
  const commits = new CommitConnection(pool)
  const columns = new ChatBatchColumns()
  // Their bytes are in use until the answer is there; readings may overlap.
  const idle: FactsQuestion[] = []
  const attempt = async (batch: ChatBatch, looksForAnswers: boolean): Promise<ChatCommitResult> => {
    let values: unknown[]
    try {
      values = columns.parametersOf(batch, looksForAnswers)
    } catch (cause) {
      return { type: 'unstorable', cause }
    }
    const statement = { name: 'commit_chat_batch', text: commitStatement, values }
    const result = await commits.commit<VerdictRow>(statement)
    if (result.type !== 'done') return result
    return { type: 'done', verdicts: result.rows.map(verdictFrom) }
  }
  return {
    async read(wanted) {
      const question = idle.pop() ?? new FactsQuestion()
      try {
        return await readFacts(pool, question, wanted)
      } finally {
        idle.push(question)
      }
    },
    async commit(batch) {
      const result = await attempt(batch, false)
      // To look for the answers in every batch took the database a tenth more for a message.
      const isRepeat = batch.answersUnread === true && wasAnsweredBefore(result)
      return isRepeat ? attempt(batch, true) : result
    },
    async due(beforeMs, limit) {
      const { rows } = await pool.query<{ conversation_id: string }>({
        name: 'due_conversations',
        text: `SELECT conversation_id FROM conversations WHERE due_ms < $1 ORDER BY due_ms LIMIT $2`,
        values: [beforeMs, limit],
      })
      return rows.map((row) => row.conversation_id)
    },
    async close() {
      commits.close()
    },
  }
}

async function readFacts(
  pool: Pool,
  question: FactsQuestion,
  wanted: readonly FactsWanted[],
): Promise<readonly Facts[]> {
  const { rows } = await pool.query<FactsRow>({
    name: 'read_chat_facts',
    text: readStatement,
    values: question.parametersOf(wanted),
  })
  const [row] = rows
  if (row === undefined) throw new Error('read_chat_facts returned nothing')
  return withPauses(pool, wanted, factsFrom(wanted, row))
}

/** A command of the batch was; nothing was written. */
function wasAnsweredBefore(result: ChatCommitResult): boolean {
  return (
    result.type === 'unstorable' && uniqueKeyTaken(result.cause) === 'conversation_commands_once'
  )
}

function verdictFrom({ status, outbox_id: outboxId }: VerdictRow): ConversationVerdict {
  if (status === 'conflict') return { type: 'conflict' }
  return { type: 'committed', outboxId: outboxId ?? undefined }
}
