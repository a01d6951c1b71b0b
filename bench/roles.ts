// Roles of a fleet as processes of their own, on a NATS and a Redis that are theirs alone.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RoleName } from '../cluster/plan.ts'
import { RoleProcess } from '../cluster/role-process.ts'
import { Failure } from '../platform/failure.ts'
import { NO_LIMITS } from '../platform/limits/no-limits.ts'
import { NatsServer } from '../platform/servers/nats-server.ts'
import { RedisServer } from '../platform/servers/redis-server.ts'
import { systemClock as clock } from '../platform/system-clock.ts'
import { log, tokenSecret } from './givens.ts'
import type { Keep } from './keeping.ts'

const startTimeoutMs = 60_000

export interface FleetOptions {
  readonly roles: readonly RoleName[]
  readonly databaseUrl: string
}

export interface Fleet {
  readonly natsUrl: string
  /** Of its gateway, where it has one. */
  readonly url: string
  /** Of its roles, and of its NATS and Redis, by their names. */
  readonly pids: Readonly<Record<string, number>>
  /** Of the roles, where their metrics are read. */
  readonly metricsUrls: Readonly<Record<string, string>>
}

/** Resolves when all are at work. @throws Failure with the last words of a role that is not */
export async function startRoles(keep: Keep, options: FleetOptions): Promise<Fleet> {
  const { roles, databaseUrl } = options
  const folder = await keep(mkdtemp(join(tmpdir(), 'outcry-bench-roles-')), (made) =>
    rm(made, { recursive: true, force: true }),
  )
  const nats = await keep(NatsServer.start(), (server) => server.stop())
  const redis = await keep(RedisServer.start(), (server) => server.stop())
  const env = {
    ...NO_LIMITS,
    DATABASE_URL: databaseUrl,
    NATS_URL: nats.url,
    REDIS_URL: redis.url,
    JWT_SECRET: tokenSecret,
    OUTCRY_DATA: folder,
    PORT: '0',
    METRICS_PORT: '0',
    LOG_LEVEL: 'warn',
  }
  const pids: Record<string, number> = { NATS: nats.pid, Redis: redis.pid }
  const metricsUrls: Record<string, string> = {}
  let port = 0
  for (const role of roles) {
    const started = new RoleProcess(
      { role, name: role },
      { env, logs: folder, clock, log, onChange: () => {}, say: (text) => log.error(text) },
    )
    // Kept before it is at work: one that waits for something, for ever, is ended as well.
    await keep(started, (process) => process.kill())
    pids[role] = started.pid
    const told = await soon(started.ready, role)
    metricsUrls[role] = `http://127.0.0.1:${told.metricsPort}/metrics`
    port = told.port ?? port
  }
  return { natsUrl: nats.url, url: `http://127.0.0.1:${port}`, pids, metricsUrls }
}

async function soon<Told>(ready: Promise<Told>, role: RoleName): Promise<Told> {
  const timer = new AbortController()
  const late = sleep(startTimeoutMs, undefined, { signal: timer.signal }).then(() => {
    throw new Failure(`The ${role} of this bench was not at work in time.`)
  })
  // Once the role is at work nobody waits for its being late.
  late.catch(() => {})
  return await Promise.race([ready, late]).finally(() => {
    timer.abort()
  })
}
