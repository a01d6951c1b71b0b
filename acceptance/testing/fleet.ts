// A fleet: roles as processes of their own, on a PostgreSQL, a NATS and a Redis of the test's own.
import { type ChildProcess, fork } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { NatsServer } from '../../platform/servers/nats-server.ts'
import { RedisServer } from '../../platform/servers/redis-server.ts'
import {
  type ThrowawayDatabase,
  throwawayDatabase,
} from '../../platform/testing/throwaway-database.ts'
import type { RoleName } from '../../role-config.ts'
import { ended } from './child-end.ts'
import { OwnPostgres } from './own-postgres.ts'
import { jwtSecret } from './server.ts'

const entry = fileURLToPath(new URL('../../role.ts', import.meta.url))
/** Of each role's log. */
const linesKept = 2_000

export interface RoleInFleet {
  readonly role: RoleName
  readonly child: ChildProcess
  /** The last lines of its log, as JSON. */
  readonly said: () => readonly LogLine[]
  readonly metricsUrl: string
  /** Of a gateway. */
  readonly url: string
  /** Resolves when the process is gone, with the exit code, or the signal that ended it. */
  end(signal: NodeJS.Signals): Promise<number | string>
}

export interface LogLine {
  readonly level: string
  readonly msg: string
  readonly [field: string]: unknown
}

export interface Fleet {
  readonly databaseUrl: string
  readonly nats: NatsServer
  readonly redis: RedisServer
  /**
   * Resolves when the role is at work. `env` are variables of this one process.
   * @throws Error with its last words where it ends instead.
   */
  add(role: RoleName, env?: Readonly<Record<string, string>>): Promise<RoleInFleet>
  /** Those that are at work, or have not ended yet, in the order in which they came. */
  running(role: RoleName): readonly RoleInFleet[]
  /** Ends every process and server, and removes what they kept. */
  stop(): Promise<void>
}

/** A fleet on a PostgreSQL of its own, which can be hurt without hurting anybody else. */
export interface FleetOnOwnPostgres extends Fleet {
  readonly postgres: OwnPostgres
}

/** @param env further variables of every role */
export async function startFleet(env: Readonly<Record<string, string>> = {}): Promise<Fleet> {
  return fleetOn(await throwawayDatabase(), env)
}

/** @param env further variables of every role */
export async function startFleetOnOwnPostgres(
  env: Readonly<Record<string, string>> = {},
): Promise<FleetOnOwnPostgres> {
  const postgres = await OwnPostgres.start()
  const fleet = await fleetOn({ url: postgres.url, drop: () => postgres.stop() }, env)
  return { ...fleet, postgres }
}

async function fleetOn(
  database: ThrowawayDatabase,
  env: Readonly<Record<string, string>>,
): Promise<Fleet> {
  const [nats, redis, dataFolder] = await Promise.all([
    NatsServer.start(),
    RedisServer.start(),
    mkdtemp(join(tmpdir(), 'outcry-fleet-')),
  ])
  const atWork = new Set<RoleInFleet>()
  const children = new Set<ChildProcess>()
  const settings = {
    OUTCRY_DATA: dataFolder,
    DATABASE_URL: database.url,
    NATS_URL: nats.url,
    REDIS_URL: redis.url,
    JWT_SECRET: jwtSecret,
    PORT: '0',
    METRICS_PORT: '0',
    ...env,
  }
  return {
    databaseUrl: database.url,
    nats,
    redis,
    async add(name, more = {}) {
      const role = await addRole(name, { ...settings, ...more }, children)
      atWork.add(role)
      role.child.once('exit', () => atWork.delete(role))
      return role
    },
    running: (name) => [...atWork].filter(({ role }) => role === name),
    stop: async () => {
      await Promise.all([...children].map((child) => ended(child, 'SIGKILL')))
      await Promise.all([nats.stop(), redis.stop()])
      await database.drop()
      await rm(dataFolder, { recursive: true, force: true })
    },
  }
}

async function addRole(
  role: RoleName,
  env: Readonly<Record<string, string>>,
  children: Set<ChildProcess>,
): Promise<RoleInFleet> {
  // Nothing of this shell's own: a DATABASE_URL there is not for the tests.
  const child = fork(entry, [role], { env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
  children.add(child)
  child.once('exit', () => children.delete(child))
  let said: string[] = []
  for (const output of [child.stdout, child.stderr]) {
    if (output === null) continue
    createInterface(output).on('line', (line) => {
      said = [...said.slice(1 - linesKept), line]
    })
  }
  const told = await new Promise<{ readonly port?: number; readonly metricsPort: number }>(
    (resolve, reject) => {
      child.once('message', (message) => resolve(message as { metricsPort: number }))
      // Not at its `exit`: its last words come after that.
      child.once('close', () => {
        reject(new Error(`${role} ended instead of working:\n${said.join('\n')}`))
      })
    },
  )
  return {
    role,
    child,
    said: () => said.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line)),
    metricsUrl: `http://127.0.0.1:${told.metricsPort}`,
    url: `http://127.0.0.1:${told.port ?? 0}`,
    end: (signal) => ended(child, signal),
  }
}
