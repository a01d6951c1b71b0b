// Stands in for an engine: writes commits as the notifier sees them.
import { randomUUID } from 'node:crypto'
import { type Pool, transaction } from '../../platform/postgres/pool.ts'
import type { LotEntry } from '../core/lot-commit.ts'

/**
 * Puts tables in the place of the engine's views, with the columns that the views have, so that these
 * tests depend on what the engine promises and not on how it keeps it.
 */
export async function standInForEngine(pool: Pool): Promise<void> {
  for (const view of [
    'lot_publications',
    'lot_turns',
    'lot_standings',
    'lot_states',
    'open_lots',
  ]) {
    await pool.query(`
      CREATE TABLE stand_in AS TABLE ${view} WITH NO DATA;
      DROP VIEW ${view};
      ALTER TABLE stand_in RENAME TO ${view}`)
  }
}

/** One lot's log. */
export class LotLog {
  readonly lotId = randomUUID()
  readonly #pool: Pool

  constructor(pool: Pool) {
    this.#pool = pool
  }

  /** One commit with these events, which waits in the outbox afterwards. Returns the outbox's id. */
  async commit(entries: readonly LotEntry[]): Promise<number> {
    return transaction(this.#pool, async (client) => {
      for (const { seq, atMs, publication, concerned } of entries) {
        const lot = { ...publication.lot, lotId: this.lotId }
        await client.query({
          text: `
            WITH turned AS (
              INSERT INTO lot_turns (lot_id, seq, type, at_ms, concerned, leader, bidder)
              VALUES ($1, $2, $3, $4, $6, $7, $8)
            )
            INSERT INTO lot_publications (lot_id, seq, type, at_ms, publication, private)
            VALUES ($1, $2, $3, $4, $5, $6::text::jsonb)`,
          values: [
            this.lotId,
            seq,
            publication.type,
            atMs,
            JSON.stringify({ ...publication, lot }),
            JSON.stringify(concerned),
            lot.leader,
            publication.bid?.alias ?? null,
          ],
        })
      }
      return this.#announce(client, entries[0]?.seq ?? 1, entries.at(-1)?.seq ?? 1)
    })
  }

  /** An entry of the outbox alone, as if the log behind it had been lost. */
  async commitWithoutLog(fromSeq: number, toSeq: number): Promise<number> {
    return this.#announce(this.#pool, fromSeq, toSeq)
  }

  /** `userId` has a standing bid of at most `max`, which is secret. */
  async standing(userId: string, aliasNo: number, max: number): Promise<void> {
    await this.#pool.query({
      text: `
        INSERT INTO lot_standings (lot_id, bidder_id, max, rank, floor, alias_no)
        VALUES ($1, $2, $3, 1, 0, $4)`,
      values: [this.lotId, userId, max, aliasNo],
    })
  }

  /** `userId` sells it. */
  async soldBy(userId: string): Promise<void> {
    await this.#pool.query('INSERT INTO lot_states (lot_id, seller_id) VALUES ($1, $2)', [
      this.lotId,
      userId,
    ])
  }

  async #announce(client: Pick<Pool, 'query'>, fromSeq: number, toSeq: number): Promise<number> {
    const { rows } = await client.query<{ id: number }>({
      text: `
        INSERT INTO outbox (source, aggregate_id, epoch, from_seq, to_seq, created_at_ms)
        VALUES ('lot', $1, 1, $2, $3, 1000) RETURNING id`,
      values: [this.lotId, fromSeq, toSeq],
    })
    return rows[0]?.id ?? 0
  }
}
