// PostgreSQL inside our own process tree: what `npm start` uses where no DATABASE_URL is set. The same
// server, the same durability; only its life is ours. docs/decisions/0003-embedded-postgres.md says why.
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { codeOf, Failure } from '../failure.ts'
import type { Part } from '../lifecycle.ts'
import type { Logger } from '../log.ts'
import { freePort } from '../servers/free-port.ts'
import type { ProcessEnd } from '../servers/process-end.ts'
import { explain } from './explain.ts'
import { FolderInUseError, type FolderLock, lockFolder } from './folder-lock.ts'
import { endLeftover } from './leftover.ts'
import { checkVersion, makeCluster, readPassword, roleName } from './make-cluster.ts'
import {
  type Postmaster,
  type ServerLine,
  ServerStartError,
  startPostmaster,
} from './postmaster.ts'
import { type ServerHome, type SocketFolder, settleHome, socketFolder } from './server-home.ts'
import { prepareServerPrograms } from './server-programs.ts'
import { type Durability, serverSettings } from './server-settings.ts'

export interface EmbeddedPostgresOptions {
  /** Where everything durable goes (`OUTCRY_DATA`); made where it is not there. */
  readonly dataFolder: string
  readonly log: Logger
  /** Default: `full`. */
  readonly durability?: Durability
  /** Listens at a free TCP port of 127.0.0.1 instead of at a socket in its folder. */
  readonly overTcp?: boolean
  /** Default: 100, PostgreSQL's own. */
  readonly connectionsMax?: number
  /** Variables for the server, which gets nothing of our own environment. Default: none. */
  readonly variables?: Readonly<Record<string, string>>
  /** Told whenever a program of PostgreSQL's is under way and this process has nothing left to do but to wait for it. */
  readonly onWaiting?: () => void
  /** Told when the server dies without being asked to: the process had better end too. */
  readonly onDeath?: (failure: Failure) => void
}

const databaseName = 'outcry'
/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const noSuchDatabase = '3D000'
/** How long the processes of a killed server may take to notice that it is gone. */
const orphansTimeoutMs = 10_000
const orphansPollMs = 100
/** Another process may take the free port between looking and using. */
const portsMax = 5

/** One server on one data folder, from `start` to `stop`. */
export class EmbeddedPostgres implements Part {
  readonly name = 'postgres'
  #options: EmbeddedPostgresOptions
  #home: ServerHome | undefined
  #lock: FolderLock | undefined
  #sockets: SocketFolder | undefined
  #server: Postmaster | undefined
  #stopping = false
  #url: string | undefined

  constructor(options: EmbeddedPostgresOptions) {
    this.#options = options
  }

  /** How to connect: a libpq URL with the password, so not for logs. Known after `start`. */
  get url(): string {
    if (this.#url === undefined) throw new Error('the embedded PostgreSQL has not started')
    return this.#url
  }

  /** The folder that holds the database; not below the data folder where root alone may enter that. */
  get place(): string {
    if (this.#home === undefined) throw new Error('the embedded PostgreSQL has not started')
    return this.#home.folder
  }

  /** Of the server's first process, which the others die with. @throws Error while it does not run. */
  get pid(): number {
    return this.#running().pid
  }

  /** Resolves when the server that runs now is gone, however it ended. @throws Error while none runs. */
  get ended(): Promise<ProcessEnd> {
    return this.#running().ended
  }

  /**
   * Resolves when the server takes connections and the database is there. Ends a server that an earlier
   * process left on the same folder.
   * @throws Failure: the folder is in use, cannot be written, is on a full disk, has another version's data.
   */
  async start(): Promise<void> {
    this.#stopping = false
    try {
      await this.#start()
    } catch (error) {
      await this.stop()
      throw explain(error, this.#home?.folder ?? this.#options.dataFolder)
    }
  }

  async #start(): Promise<void> {
    const { dataFolder, durability = 'full', onWaiting } = this.#options
    const home = await settleHome(dataFolder)
    this.#home = home
    this.#options.log.info({ folder: home.folder }, 'the database is kept here')
    this.#sockets = await socketFolder(home.run)
    this.#lock = await this.#takeLock(this.#sockets.path)
    await endLeftover(home)
    const programs = await prepareServerPrograms(home)
    const isNew = await makeCluster(programs.initdb, home, durability, onWaiting)
    const password = await readPassword(home)
    await checkVersion(home, programs.version)
    const host = await this.#listen(programs.postgres, home, this.#sockets.path)
    const authority = `${roleName}:${password}@${host}`
    await (isNew ? nameDatabase : ensureDatabase)(`postgresql://${authority}`)
    this.#url = `postgresql://${authority}/${databaseName}`
  }

  /** Nothing to finish: who uses the database drains before it stops. */
  async drain(): Promise<void> {}

  /** Resolves when the server is gone and the folder is free for another. */
  async stop(): Promise<void> {
    this.#stopping = true
    await this.#server?.stop()
    this.#server = undefined
    // Somebody may have started it again by hand.
    if (this.#lock !== undefined && this.#home !== undefined) await endLeftover(this.#home)
    await this.#lock?.release()
    this.#lock = undefined
    await this.#sockets?.release()
    this.#sockets = undefined
  }

  async #takeLock(run: string): Promise<FolderLock> {
    try {
      return await lockFolder(run)
    } catch (error) {
      if (!(error instanceof FolderInUseError)) throw error
      const who = error.holder === undefined ? '' : ` (process ${error.holder})`
      throw new Failure(
        `Another Outcry${who} is running on the data folder ${this.#options.dataFolder}.`,
        {
          hint: 'Stop it first, or set OUTCRY_DATA to another folder.',
          cause: error,
        },
      )
    }
  }

  /** Starts the server. @returns The host of its address, with the port where it has one. */
  async #listen(postgres: string, home: ServerHome, folder: string): Promise<string> {
    const { durability = 'full', overTcp = false, connectionsMax } = this.#options
    for (let tries = 1; ; tries += 1) {
      const door = overTcp ? { port: await freePort() } : { socketFolder: folder }
      const settings = serverSettings({
        door,
        durability,
        ...(connectionsMax === undefined ? {} : { connectionsMax }),
      })
      try {
        this.#server = await this.#startServer(postgres, home, settings)
        void this.#server.ended.then(() => this.#serverEnded())
        return 'port' in door ? `127.0.0.1:${door.port}` : encodeURIComponent(door.socketFolder)
      } catch (error) {
        if (!hasSaid(error, 'could not create any TCP/IP sockets') || tries === portsMax)
          throw error
      }
    }
  }

  async #startServer(
    postgres: string,
    home: ServerHome,
    settings: Readonly<Record<string, string>>,
  ): Promise<Postmaster> {
    for (let waitedMs = 0; ; waitedMs += orphansPollMs) {
      try {
        const { variables, onWaiting } = this.#options
        const onLine = (line: ServerLine) => this.#logLine(line)
        const starting = startPostmaster(postgres, home, settings, onLine, variables)
        onWaiting?.()
        return await starting
      } catch (error) {
        const orphans = hasSaid(error, 'pre-existing shared memory')
        if (!orphans || waitedMs >= orphansTimeoutMs) throw error
        await sleep(orphansPollMs)
      }
    }
  }

  #running(): Postmaster {
    if (this.#server === undefined) throw new Error('the embedded PostgreSQL does not run')
    return this.#server
  }

  #serverEnded(): void {
    if (this.#stopping) return
    const failure = new Failure(`PostgreSQL on ${this.place} ended by itself.`, {
      hint: 'Its last words are in the log above; was it killed, or is the disk full?',
    })
    this.#options.log.error(failure.message)
    this.#options.onDeath?.(failure)
  }

  #logLine({ severity, text }: ServerLine): void {
    const { log } = this.#options
    if (severity === 'LOG') log.debug(text)
    // Fatal to one connection only (a wrong password); what ends the whole server is a panic.
    else if (severity === 'FATAL' || severity === 'WARNING') log.warn(text)
    else log.error(text)
  }
}

/** The database of a server that another process runs. */
export interface RunningDatabase {
  /** A libpq URL with the password, so not for logs. */
  readonly url: string
  /** When nobody connects by the URL any more. */
  release(): Promise<void>
}

/** How to connect to the server that was started on `dataFolder`, not `overTcp`. @throws Failure where there is none */
export async function reachRunning(dataFolder: string): Promise<RunningDatabase> {
  const home = await settleHome(dataFolder)
  const password = await readPassword(home)
  const sockets = await socketFolder(home.run)
  const authority = `${roleName}:${password}@${encodeURIComponent(sockets.path)}`
  return {
    url: `postgresql://${authority}/${databaseName}`,
    release: () => sockets.release(),
  }
}

function hasSaid(error: unknown, words: string): boolean {
  return error instanceof ServerStartError && error.message.startsWith(words)
}

/** @param server its address without a database */
async function ensureDatabase(server: string): Promise<void> {
  try {
    // Itself rather than the list of databases: after a start the first connection to each database takes longest.
    await asked(`${server}/${databaseName}`, 'SELECT 1')
  } catch (error) {
    // A first start that was interrupted got no further than the server's own database.
    if (codeOf(error) !== noSuchDatabase) throw error
    await nameDatabase(server)
  }
}

/** The empty database that comes with the data becomes ours: a copy of it would take a twentieth of a first start. */
async function nameDatabase(server: string): Promise<void> {
  await asked(`${server}/template1`, `ALTER DATABASE postgres RENAME TO ${databaseName}`)
}

async function asked(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url })
  try {
    await client.connect()
    await client.query(statement)
  } finally {
    await client.end()
  }
}
