// The servers that are compared, each with a lot that takes bids. They share a PostgreSQL;
// two engines can not share a database.
import { fileURLToPath } from 'node:url'
import { createHttpClient } from '../../loadtest/http-client.ts'
import { startOwnServer } from '../../loadtest/own-server.ts'
import { openLot } from '../../loadtest/scenarios/prepare-lots.ts'
import { tokensOf } from '../../loadtest/tokens.ts'
import { NO_LIMITS } from '../../platform/limits/no-limits.ts'
import type { Logger } from '../../platform/log.ts'
import { closePool, createPool, type Pool } from '../../platform/postgres/pool.ts'
import { storedByEngine } from '../bids/engine-store.ts'
import { storedPlainly } from '../bids/plain-tables.ts'
import type { Keep } from '../keeping.ts'
import type { Stored } from '../ledger.ts'
import { Child } from '../peers/child.ts'
import { startRoles } from '../roles.ts'
import type { ThrowawayPostgres } from '../throwaway-postgres.ts'
import type { FromPlainServer, PlainWriting, ToPlainServer } from './words.ts'

export interface Ground {
  readonly keep: Keep
  readonly log: Logger
  readonly postgres: ThrowawayPostgres
}

export interface Serving {
  /** `http://host:port`. */
  readonly url: string
  /** Of all its processes, by their names, without those of PostgreSQL. */
  readonly pids: Readonly<Record<string, number>>
  readonly lotId: string
  stored(): Promise<Stored>
}

/** Signs the tokens of one run's bidders; nobody else knows it, or needs to be kept from it. */
export const tokenSecret = 'only for the bidders of one run of a bench'

const plainEntry = fileURLToPath(new URL('plain-server-process.ts', import.meta.url))

/** One of those that one would write first. */
export async function servePlain(
  ground: Ground,
  writing: PlainWriting,
  bidders: number,
): Promise<Serving> {
  const { keep } = ground
  const { databaseUrl, pool } = await databaseAt(ground, ground.postgres.url)
  const child = new Child<ToPlainServer, FromPlainServer>(`the server ${writing}`, plainEntry, [])
  await keep(Promise.resolve(child), (server) => server.end())
  const order = { writing, databaseUrl, bidders }
  const { port, pid, lotId } = await child.ask({ type: 'serve', order }, 'serving')
  const stored = () => storedPlainly(pool, [lotId])
  return { url: `http://127.0.0.1:${port}`, pids: { server: pid }, lotId, stored }
}

/** Outcry in one process, as `npm start` runs it, on a PostgreSQL that is shared with the others. */
export async function serveEmbedded(ground: Ground): Promise<Serving> {
  const { databaseUrl, pool } = await databaseAt(ground, ground.postgres.url)
  const settings = { ...NO_LIMITS, DATABASE_URL: databaseUrl, JWT_SECRET: tokenSecret }
  const { url, pid } = await ground.keep(startOwnServer(settings), (server) => server.stop())
  return await withLot({ url, pids: { server: pid } }, pool)
}

/** Outcry as a fleet: gateway, engine and notifier apart, with NATS and Redis between them. */
export async function serveApart(ground: Ground): Promise<Serving> {
  const { keep, log, postgres } = ground
  const { databaseUrl, pool } = await databaseAt(ground, await postgres.addDatabase('apart'))
  const roles = ['engine', 'notifier', 'gateway'] as const
  const fleet = await startRoles(keep, { roles, databaseUrl, secret: tokenSecret, log })
  return await withLot(fleet, pool)
}

async function databaseAt({ keep, log }: Ground, databaseUrl: string) {
  const pool = createPool(databaseUrl, { log, applicationName: 'bench', max: 1 })
  await keep(Promise.resolve(pool), closePool)
  return { databaseUrl, pool }
}

async function withLot({ url, pids }: Pick<Serving, 'url' | 'pids'>, pool: Pool): Promise<Serving> {
  const tokens = tokensOf({ tokenUrl: url, secret: tokenSecret })
  const http = createHttpClient(url, await tokens('house', ['seller', 'service']))
  const terms = { title: 'A lamp', startPrice: 1, increments: [{ from: 0, step: 1 }] }
  const lotId = await openLot({ http, tokens }, terms)
  return { url, pids, lotId, stored: () => storedByEngine(pool, [lotId]) }
}
