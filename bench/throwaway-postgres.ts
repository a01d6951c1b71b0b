// A PostgreSQL for one run, as durable as the real one, with all tables; nothing of it is left behind.
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { migrations } from '../migrations.ts'
import { EmbeddedPostgres } from '../platform/embedded/embedded-postgres.ts'
import { migrate } from '../platform/postgres/migrate.ts'
import { closePool, createPool, type Pool } from '../platform/postgres/pool.ts'
import { log } from './givens.ts'
import type { Keep } from './keeping.ts'

export interface ThrowawayPostgres {
  readonly url: string
  /** Of the server's first process, which has started all others. */
  readonly pid: number
  /** Makes one more database, with all tables, and says how to connect to it. */
  addDatabase(name: string): Promise<string>
}

/** Several ways of doing a thing have their connections at the same time. */
const connectionsMax = 300

/** @param variables for the environment of the server */
export async function throwawayPostgres(
  keep: Keep,
  variables: Readonly<Record<string, string>> = {},
): Promise<ThrowawayPostgres> {
  return await keep(start(variables), (server) => server.stop())
}

/** @param max connections at a time */
export async function openPool(keep: Keep, databaseUrl: string, max: number): Promise<Pool> {
  return await keep(createPool(databaseUrl, { log, applicationName: 'bench', max }), closePool)
}

async function start(
  variables: Readonly<Record<string, string>>,
): Promise<ThrowawayPostgres & { stop(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'outcry-bench-'))
  // PostgreSQL does not run as root: where we do, the user that it runs as must get through.
  await chmod(folder, 0o755)
  const dataFolder = join(folder, 'data')
  const server = new EmbeddedPostgres({ dataFolder, log, connectionsMax, variables })
  const stop = async () => {
    await server.stop()
    await rm(folder, { recursive: true, force: true })
  }
  const addDatabase = async (name: string) => {
    const client = new Client({ connectionString: server.url })
    await client.connect()
    try {
      await client.query(`CREATE DATABASE ${name}`)
    } finally {
      await client.end()
    }
    const url = `${server.url.slice(0, server.url.lastIndexOf('/'))}/${name}`
    await migrate(url, migrations)
    return url
  }
  try {
    await server.start()
    await migrate(server.url, migrations)
    return { url: server.url, pid: server.pid, addDatabase, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
