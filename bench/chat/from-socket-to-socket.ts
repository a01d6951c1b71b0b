// Durable messages from socket to socket: everything in one process, as `npm start` runs it, and the talkers in
// another one, beside the statement that writes as many messages and does nothing else.
import { availableParallelism } from 'node:os'
import { createHttpClient } from '../../loadtest/http-client.ts'
import { startOwnServer } from '../../loadtest/own-server.ts'
import { tokensOf } from '../../loadtest/tokens.ts'
import { NO_LIMITS } from '../../platform/limits/no-limits.ts'
import type { Pool } from '../../platform/postgres/pool.ts'
import { type OpenAskers, openAskers } from '../askers/open-askers.ts'
import type { AskOrder } from '../askers/words.ts'
import { tokenSecret } from '../givens.ts'
import type { Keep } from '../keeping.ts'
import { compare, numberOfId } from '../ledger.ts'
import { microsEach, spentWhile } from '../processor-time.ts'
import { figure } from '../report.ts'
import type { BenchOptions, GoalVerdict, Section } from '../section.ts'
import { openPool, type ThrowawayPostgres } from '../throwaway-postgres.ts'
import { type Figures, mediansOf, type Turn, takeRounds, timesInRound } from '../turns.ts'
import { atLeast, atMost } from '../verdict.ts'
import { BatchStatement, batchSize, statementsAtOnce } from './batch-statement.ts'
import { auditTable } from './ways.ts'

export interface Talk extends BenchOptions {
  readonly keep: Keep
  readonly postgres: ThrowawayPostgres
  /** Each has one message under way. */
  readonly talkers: number
  readonly conversations: number
}

type TalkFigures = Figures<
  'messages/s' | 'refused %' | 'median ms' | 'p99 ms' | 'server µs' | 'postgres µs' | 'talkers µs'
>

/** Of the raw statement, and of the orientation beside it. */
const shareOfRawMin = 0.4
const perSecondMin = 40_000
const p99MsMax = 20
const warmUpMs = 500

export async function benchTalk(
  talk: Talk,
): Promise<Pick<Section, 'conditions' | 'tables' | 'goals'>> {
  const { conversations, talkers, seconds } = talk
  const hall = await Hall.open(talk)
  const { pool } = hall
  const raw = await BatchStatement.prepare(pool, conversations)
  const measureMs = seconds * 1_000
  let reached = 0
  const turns: readonly Turn<keyof TalkFigures>[] = [
    { name: 'batch statement', measure: () => measureRaw(raw, measureMs, talk.postgres.pid) },
    {
      name: 'Outcry, one process',
      measure: async () => {
        const figures = await hall.talk({ warmUpMs, measureMs })
        reached = figures['messages/s']
        return figures
      },
    },
    {
      name: 'Outcry, at half of that rate',
      measure: () => hall.talk({ warmUpMs, measureMs, perSecond: reached / 2 }),
    },
  ]
  const found = await takeRounds(turns, talk)
  await raw.audit()
  await hall.audit()
  const rows = turns.map(({ name }, nth) => ({
    name,
    figures: mediansOf<keyof TalkFigures>(found[nth] ?? []),
    times: timesInRound(found[nth] ?? [], found[0] ?? [], (figures) => figures['messages/s']),
  }))
  const [, full, half] = rows
  if (full === undefined || half === undefined) throw new Error('no turn')
  return {
    conditions: [
      `batch statement: messages with their numbers, ${batchSize} in one prepared statement, ${statementsAtOnce} statements at a time, on tables of one's own; nothing is checked and nobody is answered.`,
      `Outcry, one process: ${talkers} talkers in a process of their own, in ${conversations} rooms, each in one of them, over WebSockets in JSON; gateway, chat store, engine and notifier in one process, PostgreSQL in others, all limits off.`,
      'Every message that was answered must be stored once, and the numbers of every room must have no gap.',
    ],
    tables: [
      {
        title: 'From socket to socket',
        head: [
          '',
          'messages/s',
          'ratio',
          'refused',
          'median ms',
          'p99 ms',
          'server µs',
          'PostgreSQL µs',
          'talkers µs',
        ],
        rows: rows.map(cellsOf),
      },
    ],
    goals: goalsOf(full, half.figures),
  }
}

interface Row {
  readonly name: string
  readonly figures: TalkFigures
  /** Of what the batch statement did in the same round. */
  readonly times: number
}

function cellsOf({ name, figures, times }: Row): readonly string[] {
  return [
    name,
    figure(figures['messages/s']),
    `${figure(times)} ×`,
    `${figure(figures['refused %'])} %`,
    figure(figures['median ms']),
    figure(figures['p99 ms']),
    figure(figures['server µs']),
    figure(figures['postgres µs']),
    figure(figures['talkers µs']),
  ]
}

async function measureRaw(
  raw: BatchStatement,
  measureMs: number,
  postgresPid: number,
): Promise<TalkFigures> {
  const [run, { ms, ownMs }] = await spentWhile({ postgres: postgresPid }, () =>
    raw.run(warmUpMs, measureMs),
  )
  return {
    'messages/s': run.perSecond,
    'refused %': 0,
    'median ms': run.medianMs,
    'p99 ms': run.p99Ms,
    'server µs': 0,
    // The processors were at work for those of the warm-up as well.
    'postgres µs': microsEach(ms.postgres, run.messages),
    // Whoever sends the statements.
    'talkers µs': microsEach(ownMs, run.messages),
  }
}

/** The server, its talkers, and the rooms that they are in. */
class Hall {
  readonly pool: Pool
  readonly #rooms: readonly string[]
  readonly #talkers: OpenAskers
  readonly #pids: Readonly<Record<'server' | 'postgres' | 'talkers', number>>

  private constructor(
    pool: Pool,
    rooms: readonly string[],
    talkers: OpenAskers,
    pids: Readonly<Record<'server' | 'postgres', number>>,
  ) {
    this.pool = pool
    this.#rooms = rooms
    this.#talkers = talkers
    this.#pids = { ...pids, talkers: talkers.pid }
  }

  /** Resolves when all talkers are connected. */
  static async open(talk: Talk): Promise<Hall> {
    const { keep, postgres, conversations } = talk
    const databaseUrl = await postgres.addDatabase('talk')
    const pool = await openPool(keep, databaseUrl, statementsAtOnce)
    const settings = { ...NO_LIMITS, DATABASE_URL: databaseUrl, JWT_SECRET: tokenSecret }
    const { url, pid } = await keep(startOwnServer(settings), (server) => server.stop())
    const conversationIds = await openRooms(url, conversations)
    const talkers = await openAskers(keep, 'the talkers', {
      url,
      askers: talk.talkers,
      matter: { type: 'messages', conversationIds },
    })
    return new Hall(pool, conversationIds, talkers, { server: pid, postgres: postgres.pid })
  }

  /** @throws where a message is neither accepted nor held off for now */
  async talk(order: AskOrder): Promise<TalkFigures> {
    const [asked, { ms }] = await spentWhile(this.#pids, () => this.#talkers.ask(order))
    return {
      'messages/s': asked.acceptedPerSecond,
      'refused %': asked.refusedPercent,
      'median ms': asked.medianMs,
      'p99 ms': asked.p99Ms,
      'server µs': microsEach(ms.server, asked.accepted),
      'postgres µs': microsEach(ms.postgres, asked.accepted),
      'talkers µs': microsEach(ms.talkers, asked.accepted),
    }
  }

  /** @throws where what the talkers were told is not what is stored */
  async audit(): Promise<void> {
    const { stored: accepted, isWhole } = await auditTable(this.pool, 'messages', this.#rooms)
    const { rows } = await this.pool.query<{ ids: number }>(
      `SELECT coalesce(sum(${numberOfId('command_id')}), 0)::bigint AS ids
         FROM conversation_commands WHERE conversation_id = ANY ($1)`,
      [this.#rooms],
    )
    const stored = { accepted, sumOfIds: rows[0]?.ids ?? 0, torn: isWhole ? 0 : 1, prices: {} }
    compare('messages', await this.#talkers.account(), stored)
  }
}

/** Rooms after sales, which anybody may enter. */
async function openRooms(url: string, rooms: number): Promise<readonly string[]> {
  const token = await tokensOf({ tokenUrl: url, secret: tokenSecret })('house', ['service'])
  const http = createHttpClient(url, token)
  const ids: string[] = []
  for (let nth = 0; nth < rooms; nth += 1) {
    const open = { kind: 'room', saleId: `sale-${nth}` }
    ids.push(String((await http.call('POST', '/v1/conversations', open))['conversationId']))
  }
  return ids
}

function goalsOf({ figures: full, times }: Row, half: TalkFigures): readonly GoalVerdict[] {
  return [
    atLeast(shareOfRawMin, {
      goal: 'P9',
      says: 'against the batch statement',
      measured: times,
      unit: ' ×',
      boundBy: workOf(full),
    }),
    atLeast(perSecondMin, {
      goal: 'P9',
      says: 'messages',
      measured: full['messages/s'],
      unit: '/s',
      boundBy: workOf(full),
    }),
    atMost(p99MsMax, {
      goal: 'P9',
      says: 'p99 at half of the reached rate',
      measured: half['p99 ms'],
      unit: ' ms',
      boundBy: `${workOf(half)}; for what the slowest waited was not measured`,
    }),
  ]
}

/** What a message cost, and how much of the processors that took. */
function workOf(figures: TalkFigures): string {
  const { 'server µs': server, 'postgres µs': postgres, 'talkers µs': talkers } = figures
  const cores = ((server + postgres + talkers) * figures['messages/s']) / 1e6
  return `a message takes ${figure(server)} µs of the server, ${figure(postgres)} of PostgreSQL and ${figure(talkers)} of the talkers, which at this rate is the work of ${figure(cores)} of ${availableParallelism()} cores`
}
