// Durable messages without sockets: ways of storing them take turns, each on conversations that nobody has used before.
import { uuidv7 } from '../../platform/ids.ts'
import type { Pool } from '../../platform/postgres/pool.ts'
import { closedLoop } from '../closed-loop.ts'
import { ordinaryText } from '../givens.ts'
import type { Keep } from '../keeping.ts'
import { figure, ratio } from '../report.ts'
import type { BenchOptions, Section, Table } from '../section.ts'
import { openPool, type ThrowawayPostgres } from '../throwaway-postgres.ts'
import { type Figures, takeTurns } from '../turns.ts'
import { batched } from './batched.ts'
import { oneInsertEach, oneTransactionEach } from './one-by-one.ts'
import type { Way } from './ways.ts'

export interface StoreOptions extends BenchOptions {
  readonly keep: Keep
  readonly postgres: ThrowawayPostgres
}

type StoreFigures = Figures<'messages/s' | 'median ms' | 'p99 ms'>

const clients = 32
const senders = 256
const lanes = 4
const batchMax = 256
const conversations = [1, 64]
const warmUpMs = 300
/** Not all at once: the ways take turns, and each keeps some connections for itself. */
const connectionsMax = clients + 2 * lanes

export async function benchStore(
  options: StoreOptions,
): Promise<Pick<Section, 'conditions' | 'tables'>> {
  const { keep, postgres, seconds } = options
  const pool = await openPool(keep, postgres.url, connectionsMax)
  const ways = waysOn(pool)
  const plan = conversations.flatMap((count) => ways.map((way) => ({ way, count })))
  const turns = plan.map(({ way, count }) => ({
    name: `${way.name}, ${count === 1 ? 'one conversation' : `${count} conversations`}`,
    measure: () => store(way, count, seconds * 1_000),
  }))
  const found = await takeTurns<keyof StoreFigures>(turns, options)
  const tables = conversations.map((count) =>
    tableOf(
      count,
      plan.flatMap((planned, nth) => {
        const figures = found[nth]
        if (planned.count !== count || figures === undefined) return []
        return [{ name: planned.way.name, figures }]
      }),
    ),
  )
  return {
    conditions: [
      ...(await conditionsOf(pool)),
      ...ways.map(({ name, says }) => `${name}: ${says}.`),
    ],
    tables,
  }
}

/** The first is what the others are compared with. */
function waysOn(pool: Pool): readonly Way[] {
  return [
    oneTransactionEach(pool, clients),
    oneInsertEach(pool, clients),
    // More senders than that would only wait longer for their turn.
    batched({ pool, lanes, senders: clients, batchMax: 1 }),
    batched({ pool, lanes, senders, batchMax }),
  ]
}

/** @throws where a message was not taken, or is not stored exactly once in its place. */
async function store(way: Way, count: number, measureMs: number): Promise<StoreFigures> {
  const conversationIds = Array.from({ length: count }, uuidv7)
  const sending = await way.begin(conversationIds)
  try {
    const { sent, perSecond, medianMs, p99Ms } = await closedLoop({
      senders: way.senders,
      warmUpMs,
      measureMs,
      send: (sender) => sending.send(sender),
    })
    const { stored, isWhole } = await sending.audit()
    if (stored !== sent || !isWhole) {
      throw new Error(`${way.name}: ${sent} messages were answered, ${stored} are stored`)
    }
    return { 'messages/s': perSecond, 'median ms': medianMs, 'p99 ms': p99Ms }
  } finally {
    await sending.end()
  }
}

async function conditionsOf(pool: Pool): Promise<readonly string[]> {
  const { rows } = await pool.query<{ version: string; fsync: string }>(
    `SELECT current_setting('server_version') AS version, current_setting('fsync') AS fsync`,
  )
  const { version = 'unknown', fsync = 'unknown' } = rows[0] ?? {}
  return [`PostgreSQL ${version}, fsync ${fsync}, texts of ${ordinaryText.length} characters.`]
}

interface Row {
  readonly name: string
  readonly figures: StoreFigures
}

/** The first row is the one that the others are compared with. */
function tableOf(count: number, rows: readonly Row[]): Table {
  const first = rows[0]?.figures['messages/s'] ?? 0
  return {
    title: count === 1 ? 'On one conversation' : `On ${count} conversations`,
    head: ['', 'messages/s', 'ratio', 'median ms', 'p99 ms'],
    rows: rows.map(({ name, figures }) => [
      name,
      figure(figures['messages/s']),
      ratio(figures['messages/s'], first),
      figures['median ms'].toFixed(1),
      figures['p99 ms'].toFixed(1),
    ]),
  }
}
