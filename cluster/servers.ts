// The servers of the cluster: PostgreSQL remembers, NATS carries, Redis counts. All of them its own.
import { EmbeddedPostgres } from '../platform/embedded/embedded-postgres.ts'
import type { Part } from '../platform/lifecycle.ts'
import type { Logger } from '../platform/log.ts'
import { NatsServer, natsProgram } from '../platform/servers/nats-server.ts'
import type { ProcessEnd } from '../platform/servers/process-end.ts'
import { RedisServer, redisProgram } from '../platform/servers/redis-server.ts'
import { serverProgram } from '../platform/servers/server-program.ts'
import { type Rows, stateOfEnd } from './rows.ts'

export const SERVERS = ['postgres', 'nats', 'redis'] as const
type ServerName = (typeof SERVERS)[number]

export interface ServersOptions {
  /** For the database. */
  readonly dataFolder: string
  /** For what is gone with the cluster. */
  readonly temporary: string
  readonly rolesCount: number
  readonly rows: Rows
  readonly log: Logger
  /** What people should read. */
  readonly say: (text: string) => void
}

export interface Servers extends Part {
  /** Known once it has started, with the process numbers of now. */
  readonly places: Readonly<Record<ServerName, { readonly url: string; readonly pid: number }>>
  /** The same as variables of a role. */
  readonly variables: Readonly<Record<string, string>>
}

/** A server that runs. */
interface Server {
  readonly url: string
  readonly pid: number
  readonly ended: Promise<ProcessEnd>
  stop(): Promise<void>
}

/** A role's pool, what it holds beside it, and room for those that are started by hand. */
const connectionsPerRole = 30
const connectionsOfPeople = 20

export function createServers(options: ServersOptions): Servers {
  const { rows, temporary: inFolder, say } = options
  let isEnding = false
  const started = new Map<ServerName, { readonly server: Server; readonly pid: number }>()
  const bring = async (name: ServerName, starting: Promise<Server>): Promise<void> => {
    rows.change(name, { state: 'starting' })
    const server = await starting
    started.set(name, { server, pid: server.pid })
    const port = Number(new URL(server.url).port)
    rows.change(name, { pid: server.pid, port, state: 'running' })
    void server.ended.then((end) =>
      rows.change(name, { state: isEnding ? 'ended' : stateOfEnd(end) }),
    )
  }
  const place = (name: ServerName) => {
    const found = started.get(name)
    if (found === undefined) throw new Error(`${name} has not started`)
    return { url: found.server.url, pid: found.pid }
  }
  return {
    name: 'servers',
    get places() {
      return { postgres: place('postgres'), nats: place('nats'), redis: place('redis') }
    },
    get variables() {
      return {
        DATABASE_URL: place('postgres').url,
        NATS_URL: place('nats').url,
        REDIS_URL: place('redis').url,
      }
    },
    async start() {
      // What is missing is said, or installed, before anything runs.
      for (const wanted of [natsProgram, redisProgram]) {
        const onInstall = () => say(`Installing ${wanted.program}, which is not on this machine.`)
        await serverProgram(wanted, { onInstall })
      }
      const outcomes = await Promise.allSettled([
        bring('postgres', startPostgres(options)),
        bring('nats', NatsServer.start({ inFolder })),
        bring('redis', RedisServer.start({ inFolder })),
      ])
      const failure = outcomes.find((outcome) => outcome.status === 'rejected')
      if (failure !== undefined) throw failure.reason
    },
    async drain() {},
    async stop() {
      isEnding = true
      await Promise.all([...started.values()].map(({ server }) => server.stop()))
    },
  }
}

async function startPostgres(options: ServersOptions): Promise<Server> {
  const postgres = new EmbeddedPostgres({
    dataFolder: options.dataFolder,
    log: options.log,
    overTcp: true,
    connectionsMax: options.rolesCount * connectionsPerRole + connectionsOfPeople,
  })
  await postgres.start()
  return postgres
}
