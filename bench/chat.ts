// `npm run bench -- chat`: how many messages per second become durable, one transaction each and in batches, without
// sockets and from socket to socket, in one run on one throw-away PostgreSQL.
import { createLogger } from '../platform/log.ts'
import { closePool, createPool, type Pool } from '../platform/postgres/pool.ts'
import { batched } from './batched.ts'
import { benchTalk } from './chat/from-socket-to-socket.ts'
import { keeping } from './keeping.ts'
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

export interface ChatOptions extends BenchOptions {
  /** Those who talk over sockets of their own. */
  readonly talkers: number
}

export function benchChat(options: BenchOptions): Promise<Section> {
  return measureChat({ ...options, talkers: 512 })
}

export function measureChat(options: ChatOptions): Promise<Section> {
  const { rounds, seconds, say } = options
  return keeping(async (keep) => {
    const log = createLogger({ name: 'bench', level: 'error' })
    say('Starting a throw-away PostgreSQL.')
    const postgres = await keep(startThrowawayPostgres(log), (server) => server.stop())
    const pool = await keep(
      Promise.resolve(
        createPool(postgres.url, { log, applicationName: 'bench', max: connectionsMax }),
      ),
      closePool,
    )
    const ways = waysOn(pool)
    const measureMs = seconds * 1_000
    const series = await run({ ways, conversations, rounds, warmUpMs, measureMs, onProgress: say })
    const talk = await benchTalk({ ...options, keep, log, postgres, text, conversations: 64 })
    return {
      name: 'chat',
      title: 'Durable messages',
      says: 'How many messages per second become durable, each in a transaction of its own and in batches: without sockets, where nothing but the store is measured, and from socket to socket.',
      conditions: [
        ...(await conditionsOf(pool)),
        ...new Set(series.map(({ way, says }) => `${way}: ${says}.`)),
        ...talk.conditions,
      ],
      tables: [...conversations.map((count) => tableOf(count, series)), ...talk.tables],
      goals: talk.goals,
    }
  })
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
