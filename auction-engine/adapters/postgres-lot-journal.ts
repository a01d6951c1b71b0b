// The journal in PostgreSQL. Each lane has one, with a connection of its own for the commits, so that a
// batch never queues behind somebody's reading.
import { CommitConnection, uniqueKeyTaken } from '../../platform/postgres/commit-connection.ts'
import type { Pool } from '../../platform/postgres/pool.ts'
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
  readonly #commits: CommitConnection

  constructor(pool: Pool) {
    this.#pool = pool
    this.#commits = new CommitConnection(pool)
  }

  /** At once, so that each is done on a connection of its own, as recovery does them. */
  async warmUp(): Promise<void> {
    await Promise.all([
      this.#commits.open(),
      this.openLots([]),
      this.dueLots([], 0, 0),
      this.#load([]),
    ])
  }

  async commit(batch: LotBatch): Promise<CommitResult> {
    let values: unknown[]
    try {
      values = this.#columns.parametersOf(batch)
    } catch (cause) {
      return { type: 'unstorable', cause }
    }
    const statement = { name: 'commit_lot_batch', text: commitStatement, values }
    const result = await this.#commits.commit<VerdictRow>(statement)
    if (result.type === 'done') return { type: 'done', verdicts: result.rows.map(verdictFrom) }
    const taken = uniqueKeyTaken(result.cause)
    if (taken === undefined) return result
    // Any other key was taken by another owner meanwhile; the next attempt will see it.
    return taken === commandOnce ? { type: 'seen_before' } : { ...result, type: 'failed' }
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
    this.#commits.close()
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
    JOIN lot_answers d
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

function verdictFrom({ status, outbox_id: outboxId }: VerdictRow): LotVerdict {
  if (status === 'fenced' || status === 'conflict') return { type: status }
  return { type: 'committed', ...(outboxId === null ? {} : { outboxId }) }
}
