// All of Outcry in one process: the database, the tables, the services on a bus within the process.
// `main.ts` runs it for a person; the acceptance tests run it for themselves.
import type { OutcryConfig } from './config.ts'
import { EmbeddedPostgres } from './platform/embedded/embedded-postgres.ts'
import { type Part, partOfParts } from './platform/lifecycle.ts'
import type { Logger } from './platform/log.ts'
import type { Services } from './services.ts'
import { createTables } from './tables.ts'

export interface Outcry {
  /** In the order in which they start. */
  readonly parts: readonly Part[]
  /** The port of sockets and HTTP; 0 until started. */
  readonly port: number
  /** The port of `/metrics`; 0 until started. */
  readonly metricsPort: number
}

/** Nothing is opened before the parts are started. */
export function createOutcry(config: OutcryConfig, log: Logger): Outcry {
  // Two thirds of the modules: read while PostgreSQL starts, which takes another core. A first start takes a fifth less
  // time by it, a later one a sixteenth.
  const readServices = once(() => import('./services.ts'))
  const database = databaseOf(config, log, readServices)
  let wired: Services | undefined
  const services = partOfParts('services', { log }, async () => {
    const { createServices } = await readServices()
    wired = await createServices({ config, databaseUrl: database.url(), log })
    return wired.parts
  })
  return {
    // The database first: of two starts on one data folder the second is to hear of that.
    parts: [...database.parts, services],
    get port() {
      return wired?.gateway.port ?? 0
    },
    get metricsPort() {
      return wired?.metricsServer.port ?? 0
    },
  }
}

/** A database with the tables of this version, once its parts have started. */
interface Database {
  readonly parts: readonly Part[]
  url(): string
}

/** @param readServices Called as soon as nothing is left to do but to wait for PostgreSQL. */
function databaseOf(
  config: OutcryConfig,
  log: Logger,
  readServices: () => Promise<unknown>,
): Database {
  const { databaseUrl, dataFolder } = config
  const url = () => databaseUrl ?? embedded.url
  const embedded = new EmbeddedPostgres({
    dataFolder,
    log,
    // Where that fails, it fails again for the part that needs them, which tells.
    onWaiting: () => void readServices().catch(() => {}),
    onDeath: endProcess,
  })
  const tables = createTables({ url, waits: false, log })
  return { url, parts: databaseUrl === undefined ? [embedded, tables] : [tables] }
}

/** Without its database the process is of no use, and whoever restarts it starts both. */
function endProcess(failure: Error): never {
  throw failure
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let done: Promise<T> | undefined
  return () => (done ??= work())
}
