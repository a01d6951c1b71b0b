// Servers that are not there, let nobody in or are too old, when a role starts and later: it is said once,
// tried for ever, told to whoever asks whether the role is ready, and keeps nobody from ending it.
import type { NetConnectOpts } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { NatsServer } from '../platform/servers/nats-server.ts'
import { RedisServer } from '../platform/servers/redis-server.ts'
import {
  type ThrowawayDatabase,
  throwawayDatabase,
} from '../platform/testing/throwaway-database.ts'
import { waitFor } from '../platform/testing/wait-for.ts'
import { ROLES, type RoleName } from '../role-config.ts'
import { Address, type Host } from './testing/address.ts'
import { type LoneRole, startLoneRole } from './testing/lone-role.ts'
import {
  natsOf,
  postgresOf,
  redisOf,
  refusingNats,
  refusingPostgres,
  refusingRedis,
} from './testing/pretenders.ts'

interface ServerInTrouble {
  readonly name: 'NATS' | 'PostgreSQL' | 'Redis'
  readonly variable: 'NATS_URL' | 'DATABASE_URL' | 'REDIS_URL'
  /** Of them the role cannot work without it, unless it is Redis. */
  readonly users: readonly RoleName[]
  /** Who is found at its address, and what is said of it; undefined stands for nobody. */
  readonly troubles: readonly (readonly [who: Host | undefined, says: RegExp])[]
  /** What is said when it is there for the first time. */
  readonly arrives: string
  readonly goes: string
  readonly comesBack: string
}

const SERVERS: readonly ServerInTrouble[] = [
  {
    name: 'NATS',
    variable: 'NATS_URL',
    users: ROLES,
    troubles: [
      [undefined, /^NATS cannot be reached at \S+: nothing listens there\./u],
      [refusingNats, /^NATS at \S+ refuses the credentials it was given\./u],
      [natsOf('2.1.9'), /^NATS at \S+ is version 2\.1\.9, which is too old\./u],
    ],
    arrives: 'connected to NATS',
    goes: 'NATS is away; nothing is sent until it is back, which is tried for ever',
    comesBack: 'NATS is back',
  },
  {
    name: 'PostgreSQL',
    variable: 'DATABASE_URL',
    users: ROLES,
    troubles: [
      [undefined, /^The database at \S+ cannot be used: nothing listens there\./u],
      [
        refusingPostgres,
        /^The database at \S+ cannot be used: it refuses this user or password\./u,
      ],
      [postgresOf(13), /^The database at \S+ is PostgreSQL 13; Outcry needs 14 or newer\./u],
    ],
    arrives: 'the tables are of this version',
    goes: 'PostgreSQL is away; trying again until it is back',
    comesBack: 'PostgreSQL is back',
  },
  {
    name: 'Redis',
    variable: 'REDIS_URL',
    users: ['gateway', 'notifier'],
    troubles: [
      [undefined, /^The Redis at \S+ cannot be used: nothing listens there\./u],
      [refusingRedis, /^The Redis at \S+ cannot be used: it wants a password\./u],
      [redisOf('5.0.14'), /^The Redis at \S+ is 5\.0\.14; Outcry needs 6\.2 or newer\./u],
    ],
    arrives: 'Redis is back',
    goes: 'Redis is away; trying again until it is back',
    comesBack: 'Redis is back',
  },
]

const patience = { timeoutMs: 60_000 }
/** As often has each role been seen to try again, where it says nothing about it. */
const triesSeen = 3
const hangUp: Host = (client) => client.destroy()

let database: ThrowawayDatabase
let nats: NatsServer
let redis: RedisServer
let address: Address
let roles: readonly LoneRole[] = []

beforeAll(async () => {
  database = await throwawayDatabase()
  ;[nats, redis] = await Promise.all([NatsServer.start(), RedisServer.start()])
}, 120_000)
afterEach(async () => {
  await Promise.all(roles.map((role) => role.end('SIGKILL')))
  await address.abandon()
})
afterAll(async () => {
  await Promise.all([nats.stop(), redis.stop()])
  await database.drop()
})

/** Starts the roles, all of which look for the server at `address`. */
async function startAll({ variable, users }: ServerInTrouble): Promise<void> {
  address = await Address.choose()
  const urls = { NATS_URL: nats.url, DATABASE_URL: database.url, REDIS_URL: redis.url }
  const url = new URL(urls[variable])
  url.host = `127.0.0.1:${address.port}`
  const env = { ...urls, [variable]: url.href }
  roles = await Promise.all(users.map((role) => startLoneRole(role, env)))
}

function placeOf({ variable }: ServerInTrouble): NetConnectOpts {
  if (variable === 'NATS_URL') return { host: '127.0.0.1', port: nats.port }
  if (variable === 'REDIS_URL') return { host: '127.0.0.1', port: redis.port }
  const { hostname, port } = new URL(database.url)
  const host = decodeURIComponent(hostname)
  return host.startsWith('/') ? { path: `${host}/.s.PGSQL.5432` } : { host, port: Number(port) }
}

/** Its sentence, whichever way it was logged. */
const sentences = (role: LoneRole): string[] =>
  role.said().flatMap(({ msg, reason }) => (typeof reason === 'string' ? [reason, msg] : [msg]))

async function everyRole(what: string, holds: (role: LoneRole) => Promise<boolean> | boolean) {
  for (const role of roles) {
    await waitFor(() => holds(role), { ...patience, what: `${role.role}: ${what}` }).catch(
      (cause) => {
        throw new Error(`${cause}: ${JSON.stringify(role.said().slice(-20))}`, { cause })
      },
    )
  }
}

const misses = (...missing: readonly string[]) =>
  everyRole(`misses ${missing.join(', ') || 'nothing'}`, async (role) => {
    expect(await role.missing()).toEqual(missing)
    return true
  })

const triesAgain = () =>
  waitFor(() => address.visits >= triesSeen * roles.length, { ...patience, what: 'further tries' })

async function hasNotStarted(role: LoneRole): Promise<boolean> {
  return (await role.missing()).includes('start')
}

/** What is said over and over, among warnings. */
function repeated(role: LoneRole, from: number): string[] {
  const warned = role
    .said()
    .slice(from)
    .filter(({ level }) => level === 'warn')
    .map(({ msg, reason, beat, library }) => [msg, reason, beat, library].join(' '))
  return warned.filter((line, at) => warned.indexOf(line) !== at)
}

describe.each(SERVERS)('a $name', { timeout: 240_000 }, (server) => {
  const { name, troubles, arrives, goes, comesBack } = server
  const isNeeded = name !== 'Redis'

  test('is said once and tried for ever, at the start and when it goes later', async () => {
    await startAll(server)
    for (const [who, says] of troubles) {
      await (who === undefined ? address.abandon() : address.receiveBy(who))
      await everyRole(`says ${says}`, (role) => sentences(role).some((each) => says.test(each)))
      // One that is too old is there, and will not do.
      await (isNeeded ? everyRole('has not started', hasNotStarted) : misses())
    }
    await triesAgain()
    await address.leadTo(placeOf(server))
    await everyRole('finds it', (role) => role.said().some(({ msg }) => msg === arrives))
    await misses()
    for (const role of roles) expect([role.role, repeated(role, 0)]).toEqual([role.role, []])

    const saidBefore = new Map(roles.map((role) => [role, role.said().length]))
    const since = (role: LoneRole) => role.said().slice(saidBefore.get(role))
    await address.receiveBy(hangUp)
    await everyRole('says that it goes', (role) => since(role).some(({ msg }) => msg === goes))
    await (isNeeded ? misses(name) : misses())
    await triesAgain()
    await address.leadTo(placeOf(server))
    await everyRole('says that it is back', (role) =>
      since(role).some(({ msg }) => msg === comesBack),
    )
    await misses()
    for (const role of roles) {
      const faults = role.said().filter(({ level }) => level === 'error' || level === 'fatal')
      expect([role.role, faults]).toEqual([role.role, []])
      expect([role.role, repeated(role, saidBefore.get(role) ?? 0)]).toEqual([role.role, []])
    }

    // Whoever ends a role then is not kept waiting until the server is back.
    await address.abandon()
    await (isNeeded ? misses(name) : misses())
    const codes = await Promise.all(roles.map((role) => role.end('SIGTERM')))
    expect(codes).toEqual(roles.map(() => 0))
  })

  test('that never comes keeps no role from ending', async () => {
    await startAll(server)
    await (isNeeded ? misses('start', name) : misses())
    const codes = await Promise.all(roles.map((role) => role.end('SIGTERM')))
    expect(codes).toEqual(roles.map(() => 0))
  })
})
