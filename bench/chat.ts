// `npm run bench -- chat`: how many messages per second become durable, one transaction each and in batches, in
// one run on one throw-away PostgreSQL.
import { createLogger } from '../platform/log.ts'
import { onInterrupt } from '../platform/on-interrupt.ts'
import { closePool, createPool, type Pool } from '../platform/postgres/pool.ts'
import { batched } from './batched.ts'
import { oneInsertEach, oneTransactionEach } from './one-by-one.ts'
import { figure, median, ratio } from './report.ts'
import { run, type Series } from './run.ts'
import type { BenchOptions, Section, Table } from './section.ts'
import { startThrowawayPostgres } from './throwaway-postgres.ts'
import type { Way } from './ways.ts'

const clients = 32
const senders = 256
const lanes = 4
const batchMax = 256
const conversations = [1, 64]
/** Of ordinary length in a marketplace. */
const text = 'Is the lamp still there? I could come by tomorrow after six and pay in cash.'
const warmUpMs = 300
/** Not all at once: the ways take turns, and each keeps some connections for itself. */
const connectionsMax = clients + 2 * lanes

export async function benchChat({ rounds, seconds, say }: BenchOptions): Promise<Section> {
  const log = createLogger({ name: 'bench', level: 'error' })
  say('Starting a throw-away PostgreSQL.')
  const starting = startThrowawayPostgres(log)
  // Also while it starts: a server of ours must not be left behind.
  onInterrupt(async () => (await starting).stop())
  const server = await starting
  const pool = createPool(server.url, { log, applicationName: 'bench', max: connectionsMax })
  try {
    const ways = waysOn(pool)
    const measureMs = seconds * 1_000
    const series = await run({ ways, conversations, rounds, warmUpMs, measureMs, onProgress: say })
    return {
      name: 'chat',
      title: 'Durable messages',
      says: 'How many messages per second become durable, each in a transaction of its own and in batches.',
      conditions: [
        ...(await conditionsOf(pool)),
        ...new Set(series.map(({ way, says }) => `${way}: ${says}.`)),
      ],
      tables: conversations.map((count) => tableOf(count, series)),
      goals: [],
    }
  } finally {
    await closePool(pool)
    await server.stop()
  }
}

/** The first is what the others are compared with. */
function waysOn(pool: Pool): readonly Way[] {
  const log = createLogger({ name: 'bench', level: 'error' })
  return [
    oneTransactionEach(pool, clients, text),
    oneInsertEach(pool, clients, text),
    // More senders than that would only wait longer for their turn.
    batched({ pool, log, lanes, senders: clients, text, batchMax: 1 }),
    batched({ pool, log, lanes, senders, text, batchMax }),
  ]
}

async function conditionsOf(pool: Pool): Promise<readonly string[]> {
  const { rows } = await pool.query<{ version: string; fsync: string }>(
    `SELECT current_setting('server_version') AS version, current_setting('fsync') AS fsync`,
  )
  const { version = 'unknown', fsync = 'unknown' } = rows[0] ?? {}
  return [`PostgreSQL ${version}, fsync ${fsync}, texts of ${text.length} characters.`]
}

/** The first way is the one that the others are compared with, on as many conversations. */
function tableOf(count: number, all: readonly Series[]): Table {
  const series = all.filter(({ conversations: own }) => own === count)
  const first = median(series[0]?.perSecond ?? [])
  return {
    title: count === 1 ? 'On one conversation' : `On ${count} conversations`,
    head: ['', 'messages/s', 'ratio', 'median ms', 'p99 ms'],
    rows: series.map(({ way, perSecond, medianMs, p99Ms }) => [
      way,
      figure(median(perSecond)),
      ratio(median(perSecond), first),
      median(medianMs).toFixed(1),
      median(p99Ms).toFixed(1),
    ]),
  }
}
