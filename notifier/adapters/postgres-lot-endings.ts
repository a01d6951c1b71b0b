// Lots that end soon, on PostgreSQL.
import { type Pool, transaction } from '../../platform/postgres/pool.ts'
import type { LotView } from '../../protocol/auction.ts'
import { deriveEnding } from '../core/derive-ending.ts'
import type { LotEndings } from '../ports/lot-endings.ts'
import { append, feedsOf } from './feed-queries.ts'

interface EndingRow {
  readonly view: LotView
  readonly bidders: readonly string[]
}

/** Whoever notes a lot first tells it; another notifier that comes at the same time waits, and finds it noted. */
const claimQuery = {
  name: 'notifier-claim-endings',
  text: `
    WITH claimed AS (
      INSERT INTO lot_endings (lot_id, ends_at_ms)
      SELECT l.lot_id, l.ends_at_ms FROM open_lots l
       WHERE l.ends_at_ms BETWEEN $1 AND $2
         AND NOT EXISTS (SELECT FROM lot_endings e WHERE e.lot_id = l.lot_id)
       ORDER BY l.lot_id LIMIT $3
          ON CONFLICT (lot_id) DO NOTHING
      RETURNING lot_id
    )
    SELECT l.view,
           ARRAY(SELECT s.bidder_id FROM lot_standings s
                  WHERE s.lot_id = c.lot_id ORDER BY s.alias_no) AS bidders
      FROM claimed c JOIN lot_states l ON l.lot_id = c.lot_id`,
}

export function createPostgresLotEndings(pool: Pool): LotEndings {
  return {
    tell: (nowMs, untilMs, lotsMax) =>
      transaction(pool, async (client) => {
        const { rows } = await client.query<EndingRow>({
          ...claimQuery,
          values: [nowMs, untilMs, lotsMax],
        })
        const notices = rows.flatMap(({ view, bidders }) => deriveEnding(view, bidders, nowMs))
        const added = await append(client, notices)
        return { feeds: feedsOf(added, []), left: rows.length === lotsMax }
      }),
  }
}
