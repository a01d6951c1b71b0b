// A fleet: roles as processes of their own, on a PostgreSQL, a NATS and a Redis of the test's own.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { NatsServer } from '../../platform/servers/nats-server.ts'
import { RedisServer } from '../../platform/servers/redis-server.ts'
import { throwawayDatabase } from '../../platform/testing/throwaway-database.ts'
import type { RoleName } from '../../role-config.ts'
import { jwtSecret } from './server.ts'

const entry = fileURLToPath(new URL('../../role.ts', import.meta.url))

export interface RoleInFleet {
  readonly role: RoleName
  readonly child: ChildProcess
  readonly metricsUrl: string
  /** Of a gateway. */
  readonly url: string
  /** Resolves when the process is gone, however it is told to. */
  end(signal: NodeJS.Signals): Promise<number | null>
}

export interface Fleet {
  readonly databaseUrl: string
  readonly nats: NatsServer
  readonly redis: RedisServer
  /** Resolves when the role is at work. @throws Error with its last words where it ends instead. */
  add(role: RoleName): Promise<RoleInFleet>
  /** Ends every process and server, and removes what they kept. */
  stop(): Promise<void>
}

/** @param env further variables of every role */
export async function startFleet(env: Readonly<Record<string, string>> = {}): Promise<Fleet> {
  const [database, nats, redis, dataFolder] = await Promise.all([
    throwawayDatabase(),
    NatsServer.start(),
    RedisServer.start(),
    mkdtemp(join(tmpdir(), 'outcry-fleet-')),
  ])
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
    add: (role) => addRole(role, settings, children),
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
  let said = ''
  for (const output of [child.stdout, child.stderr]) {
    output?.on('data', (text: Buffer) => {
      said = (said + text.toString()).slice(-10_000)
    })
  }
  const told = await new Promise<{ readonly port?: number; readonly metricsPort: number }>(
    (resolve, reject) => {
      child.once('message', (message) => resolve(message as { metricsPort: number }))
      child.once('exit', () => reject(new Error(`${role} ended instead of working:\n${said}`)))
    },
  )
  return {
    role,
    child,
    metricsUrl: `http://127.0.0.1:${told.metricsPort}`,
    url: `http://127.0.0.1:${told.port ?? 0}`,
    end: (signal) => ended(child, signal),
  }
}

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
  const exit = once(child, 'exit')
  child.kill(signal)
  const [code] = (await exit) as [number | null]
  return code
}
