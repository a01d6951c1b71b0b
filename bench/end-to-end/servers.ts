// The servers that are compared, each with a lot that takes bids. They share a PostgreSQL;
// two engines can not share a database.
import { fileURLToPath } from 'node:url'
import { createHttpClient } from '../../loadtest/http-client.ts'
import { startOwnServer } from '../../loadtest/own-server.ts'
import { openLot } from '../../loadtest/scenarios/prepare-lots.ts'
import { tokensOf } from '../../loadtest/tokens.ts'
import { NO_LIMITS } from '../../platform/limits/no-limits.ts'
import type { Pool } from '../../platform/postgres/pool.ts'
import { storedByEngine } from '../bids/engine-store.ts'
import { storedPlainly } from '../bids/plain-tables.ts'
import { tokenSecret } from '../givens.ts'
import type { Keep } from '../keeping.ts'
import type { Stored } from '../ledger.ts'
import { Child } from '../peers/child.ts'
import { startRoles } from '../roles.ts'
import { openPool, type ThrowawayPostgres } from '../throwaway-postgres.ts'
import type { FromPlainServer, PlainWriting, ToPlainServer } from './words.ts'

export interface Ground {
  readonly keep: Keep
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

const plainEntry = fileURLToPath(new URL('plain-server-process.ts', import.meta.url))

/** One of those that one would write first. */
export async function servePlain(
  { keep, postgres }: Ground,
  writing: PlainWriting,
  bidders: number,
): Promise<Serving> {
  const pool = await openPool(keep, postgres.url, 1)
  const child = new Child<ToPlainServer, FromPlainServer>(`the server ${writing}`, plainEntry, [])
  await keep(child, (server) => server.end())
  const order = { writing, databaseUrl: postgres.url, bidders }
  const { port, pid, lotId } = await child.ask({ type: 'serve', order }, 'serving')
  const stored = () => storedPlainly(pool, [lotId])
  return { url: `http://127.0.0.1:${port}`, pids: { server: pid }, lotId, stored }
}

/** Outcry in one process, as `npm start` runs it, on a PostgreSQL that is shared with the others. */
export async function serveEmbedded({ keep, postgres }: Ground): Promise<Serving> {
  const pool = await openPool(keep, postgres.url, 1)
  const settings = { ...NO_LIMITS, DATABASE_URL: postgres.url, JWT_SECRET: tokenSecret }
  const { url, pid } = await keep(startOwnServer(settings), (server) => server.stop())
  return await withLot({ url, pids: { server: pid } }, pool)
}

/** Outcry as a fleet: gateway, engine and notifier apart, with NATS and Redis between them. */
export async function serveApart({ keep, postgres }: Ground): Promise<Serving> {
  const databaseUrl = await postgres.addDatabase('apart')
  const pool = await openPool(keep, databaseUrl, 1)
  const roles = ['engine', 'notifier', 'gateway'] as const
  const fleet = await startRoles(keep, { roles, databaseUrl })
  return await withLot(fleet, pool)
}

async function withLot({ url, pids }: Pick<Serving, 'url' | 'pids'>, pool: Pool): Promise<Serving> {
  const tokens = tokensOf({ tokenUrl: url, secret: tokenSecret })
  const http = createHttpClient(url, await tokens('house', ['seller', 'service']))
  const terms = { title: 'A lamp', startPrice: 1, increments: [{ from: 0, step: 1 }] }
  const lotId = await openLot({ http, tokens }, terms)
  return { url, pids, lotId, stored: () => storedByEngine(pool, [lotId]) }
}
