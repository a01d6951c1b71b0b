// The journal in PostgreSQL. Each lane has one, with a connection of its own for the commits, so that a
// batch never queues behind somebody's reading.

import { codeOf } from '../../platform/failure.ts'
import type { Pool, PoolClient } from '../../platform/postgres/pool.ts'
import type { Answered } from '../core/decision.ts'
import type {
  Claim,
  Claimed,
  CommandKey,
  CommitResult,
  LotBatch,
  LotJournal,
  LotVerdict,
} from '../ports/lot-journal.ts'
import { commitStatement, LotBatchColumns } from './lot-batch-columns.ts'
import {
  answeredFrom,
  type DecisionColumns,
  type LotRow,
  lotFromRows,
  type StandingColumns,
} from './stored-rows.ts'

/** The unique key that says: one id, one outcome. */
const commandOnce = 'lot_decisions_command_once'

/** A server that says nothing for so long may be cut off for ever: better to ask it anew. */
const commitTimeoutMs = 5_000

interface VerdictRow {
  readonly status: 'ok' | 'already' | 'fenced' | 'conflict'
  readonly outbox_id: number | null
}

/** @param pool One of its connections is kept for the commits, from the first one until `close`. */
export function createPostgresLotJournal(pool: Pool): LotJournal {
  return new PostgresLotJournal(pool)
}

class PostgresLotJournal implements LotJournal {
  readonly #pool: Pool
  readonly #columns = new LotBatchColumns()
  #connection: PoolClient | undefined

  constructor(pool: Pool) {
    this.#pool = pool
  }

  async commit(batch: LotBatch): Promise<CommitResult> {
    let values: unknown[]
    try {
      values = this.#columns.parametersOf(batch)
    } catch (cause) {
      return { type: 'unstorable', cause }
    }
    let connection: PoolClient
    try {
      connection = this.#connection ??= await this.#pool.connect()
    } catch (cause) {
      return { type: 'failed', cause }
    }
    const query = { name: 'commit_lot_batch', text: commitStatement, values }
    try {
      const { rows } = await inTime(connection.query<VerdictRow>(query))
      return { type: 'done', verdicts: rows.map(verdictFrom) }
    } catch (cause) {
      const result = resultOf(cause)
      // Whatever this connection still carries, it must not be carried out behind our back.
      if (result.type === 'in_doubt') this.#discard(connection, cause)
      return result
    }
  }

  async claim(claims: readonly Claim[]): Promise<readonly Claimed[]> {
    const lotIds = claims.map(({ lotId }) => lotId)
    const { rows: taken } = await this.#pool.query<{ lot: string; claimed: boolean }>({
      name: 'claim_lots',
      text: 'SELECT lot, claimed FROM claim_lots($1, $2)',
      values: [lotIds, claims.map(({ epoch }) => epoch)],
    })
    const claimed = new Map(taken.map((row) => [row.lot, row.claimed]))
    const stored = await this.#load(lotIds.filter((lotId) => claimed.get(lotId) === true))
    return lotIds.map((lotId): Claimed => {
      const found = stored.get(lotId)
      if (found !== undefined) return { type: 'claimed', stored: found }
      return claimed.has(lotId) ? { type: 'fenced' } : { type: 'unknown' }
    })
  }

  /** After the claim nobody else writes these lots, so two readings see one state. */
  async #load(lotIds: readonly string[]) {
    const [lots, standings] = await Promise.all([
      this.#pool.query<LotRow>({ name: 'load_lots', text: loadLots, values: [lotIds] }),
      this.#pool.query<StandingColumns>({
        name: 'load_standings',
        text: loadStandings,
        values: [lotIds],
      }),
    ])
    const standingsOf = Map.groupBy(standings.rows, ({ lot_id: lotId }) => lotId)
    return new Map(
      lots.rows.map((row) => [row.lot_id, lotFromRows(row, standingsOf.get(row.lot_id) ?? [])]),
    )
  }

  async answers(keys: readonly CommandKey[]): Promise<readonly (Answered | undefined)[]> {
    const { rows } = await this.#pool.query<DecisionColumns & { readonly place: number }>({
      name: 'first_answers',
      text: firstAnswers,
      values: [
        keys.map(({ lotId }) => lotId),
        keys.map(({ actorId }) => actorId),
        keys.map(({ commandId }) => commandId),
      ],
    })
    const found = new Map(rows.map((row) => [row.place, answeredFrom(row)]))
    return keys.map((_, at) => found.get(at + 1))
  }

  async openLots(shards: readonly number[]): Promise<readonly string[]> {
    const { rows } = await this.#pool.query<{ lot_id: string }>({
      name: 'open_lots',
      text: `SELECT lot_id FROM lots_hot WHERE state = 'open' AND shard = ANY ($1)`,
      values: [shards],
    })
    return rows.map((row) => row.lot_id)
  }

  async dueLots(
    shards: readonly number[],
    beforeMs: number,
    limit: number,
  ): Promise<readonly string[]> {
    const { rows } = await this.#pool.query<{ lot_id: string }>({
      name: 'due_lots',
      text: dueLots,
      values: [shards, beforeMs, limit],
    })
    return rows.map((row) => row.lot_id)
  }

  async close(): Promise<void> {
    // Not given back: a commit may be under way on it, if nobody waited.
    this.#connection?.release(true)
    this.#connection = undefined
  }

  #discard(connection: PoolClient, cause: unknown): void {
    // Closed meanwhile: then it is gone already.
    if (this.#connection !== connection) return
    connection.release(cause instanceof Error ? cause : true)
    this.#connection = undefined
  }
}

const loadLots = `
  SELECT l.lot_id, l.seller_id, l.terms, l.increments, l.rules_hash,
         h.hash, h.state, h.round, h.seq, h.decision_no, h.price, h.leader_id, h.leader_alias_no,
         h.reserve_met, h.bid_count, h.bidder_count, h.starts_at_ms, h.ends_at_ms,
         h.original_ends_at_ms, h.extensions, h.admitted_at_ms, h.result
    FROM lots l JOIN lots_hot h USING (lot_id) WHERE l.lot_id = ANY ($1)`

// Where nothing can be taken back the newest standing of each bidder is enough (see standings.ts).
const loadStandings = `
  (SELECT DISTINCT ON (d.lot_id, d.actor_id)
          d.lot_id, d.actor_id, d.command, d.command_id, d.admitted_at_ms, d.standing_max,
          d.standing_rank, d.standing_floor, d.alias_no
     FROM lots l JOIN lot_decisions d USING (lot_id)
    WHERE l.lot_id = ANY ($1) AND l.terms->>'retraction' = 'none' AND d.standing_max IS NOT NULL
    ORDER BY d.lot_id, d.actor_id, d.decision_no DESC)
  UNION ALL
  (SELECT d.lot_id, d.actor_id, d.command, d.command_id, d.admitted_at_ms, d.standing_max,
          d.standing_rank, d.standing_floor, d.alias_no
     FROM lots l JOIN lot_decisions d USING (lot_id)
    WHERE l.lot_id = ANY ($1) AND l.terms->>'retraction' <> 'none' AND d.standing_max IS NOT NULL
    ORDER BY d.lot_id, d.decision_no)`

const firstAnswers = `
  SELECT k.place, d.lot_id, d.actor_id, d.command_id, d.command, d.input, d.reply
    FROM unnest($1::uuid[], $2::text[], $3::text[]) WITH ORDINALITY
           AS k (lot_id, actor_id, command_id, place)
    JOIN lot_decisions d
      ON d.lot_id = k.lot_id AND d.actor_id = k.actor_id COLLATE "C"
     AND d.command_id = k.command_id COLLATE "C"`

const dueLots = `
  SELECT lot_id FROM (
    SELECT lot_id, ends_at_ms AS due_ms FROM lots_hot
     WHERE state = 'open' AND ends_at_ms < $2 AND shard = ANY ($1)
    UNION ALL
    SELECT lot_id, starts_at_ms FROM lots_hot
     WHERE state = 'scheduled' AND starts_at_ms < $2 AND shard = ANY ($1)
  ) AS due ORDER BY due_ms LIMIT $3`

/** @throws Error after `commitTimeoutMs`; what becomes of the query then is nobody's concern. */
async function inTime<T>(query: Promise<T>): Promise<T> {
  let timeout: NodeJS.Timeout | undefined
  const silence = new Promise<never>((_resolve, reject) => {
    const giveUp = () => reject(new Error(`no answer to a commit for ${commitTimeoutMs} ms`))
    timeout = setTimeout(giveUp, commitTimeoutMs)
  })
  try {
    return await Promise.race([query, silence])
  } finally {
    clearTimeout(timeout)
  }
}

function verdictFrom({ status, outbox_id: outboxId }: VerdictRow): LotVerdict {
  if (status === 'fenced' || status === 'conflict') return { type: status }
  return { type: 'committed', ...(outboxId === null ? {} : { outboxId }) }
}

/** By SQLSTATE: https://www.postgresql.org/docs/current/errcodes-appendix.html */
function resultOf(cause: unknown): CommitResult {
  const state = sqlStateOf(cause)
  // Not an answer of the server, or its farewell (class 57P: shutdown, crash, termination), which may
  // follow a commit that is done: nobody knows.
  if (state === undefined || state.startsWith('08') || state.startsWith('57P')) {
    return { type: 'in_doubt', cause }
  }
  if (state === '23505') {
    // Any other key was taken by another owner meanwhile; the next attempt will see it.
    return constraintOf(cause) === commandOnce ? { type: 'seen_before' } : { type: 'failed', cause }
  }
  // Data exceptions and integrity violations come again however often this is tried.
  if (state.startsWith('22') || state.startsWith('23')) return { type: 'unstorable', cause }
  return { type: 'failed', cause }
}

/** Node's own codes (`ECONNRESET`) are longer. */
function sqlStateOf(error: unknown): string | undefined {
  const code = codeOf(error)
  return code?.length === 5 ? code : undefined
}

function constraintOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'constraint' in error
    ? error.constraint
    : undefined
}
