import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { createLogger } from '../log.ts'
import { createMetrics, type Registry } from '../metrics.ts'
import { RedisServer } from '../servers/redis-server.ts'
import { expectNoLeaks } from '../testing/leak-check.ts'
import { startRedisCluster } from '../testing/redis-cluster.ts'
import { waitFor } from '../testing/wait-for.ts'
import { createRedis, type RedisConnection } from './connection.ts'

expectNoLeaks()

const ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end()
})

async function server(...options: Parameters<typeof RedisServer.start>): Promise<RedisServer> {
  const started = await RedisServer.start(...options)
  ends.push(() => started.stop())
  return started
}

interface Line {
  readonly level: string
  readonly msg: string
  readonly reason?: string
}

interface Observed {
  readonly redis: RedisConnection
  readonly lines: readonly Line[]
  /** How often it was sought again. */
  readonly attempts: () => number
}

function connection(url: string, metrics?: Registry): Observed {
  const lines: Line[] = []
  const destination = { write: (line: string) => void lines.push(JSON.parse(line)) }
  const redis = createRedis({
    url,
    log: createLogger({ name: 'test', destination }),
    ...(metrics === undefined ? {} : { metrics }),
  })
  let attempts = 0
  redis.client.on('reconnecting', () => {
    attempts += 1
  })
  ends.push(() => redis.stop())
  return { redis, lines, attempts: () => attempts }
}

test('a Redis that is there is used, and nothing is said', async () => {
  const { redis, lines } = connection((await server()).url)
  expect(redis.ready()).toBe(false)
  await redis.start()
  expect(redis.ready()).toBe(true)
  await redis.client.set('greeting', 'hello')
  expect(await redis.client.get('greeting')).toBe('hello')
  await redis.stop()
  expect(redis.ready()).toBe(false)
  expect(lines).toEqual([])
})

test('keys of two Outcrys on one Redis are kept apart', async () => {
  const { url } = await server()
  const log = createLogger({ name: 'test', level: 'silent' })
  const [one, other] = ['one:', 'other:'].map((keyPrefix) => createRedis({ url, log, keyPrefix }))
  for (const redis of [one, other]) {
    await redis?.start()
    ends.push(async () => redis?.stop())
  }
  await one?.client.set('name', 'of one')
  expect(await other?.client.get('name')).toBeNull()
})

test('an absent Redis is said once, keeps nobody waiting, and is used once it comes', async () => {
  const there = await server()
  await there.kill()
  const { redis, lines, attempts } = connection(there.url)
  await redis.start()
  expect(redis.ready()).toBe(false)
  await expect(redis.client.get('anything')).rejects.toThrow()
  // Some attempts later it has still been said only once.
  await waitFor(() => attempts() > 2)
  await there.startAgain()
  await waitFor(() => redis.ready())
  expect(lines).toMatchObject([
    {
      level: 'warn',
      reason: `The Redis at 127.0.0.1:${there.port} cannot be used: nothing listens there.`,
    },
    { level: 'info', msg: 'Redis is back' },
  ])
})

test('a Redis that goes and comes again is said and counted each time', async () => {
  const there = await server()
  const metrics = createMetrics({ role: 'test', ofProcess: false })
  const { redis, lines } = connection(there.url, metrics)
  const counted = async (name: string) =>
    (await metrics.getSingleMetric(name)?.get())?.values[0]?.value
  expect(await counted('outcry_redis_connected')).toBe(0)
  await redis.start()
  expect(await counted('outcry_redis_connected')).toBe(1)
  for (let times = 0; times < 2; times += 1) {
    await there.kill()
    await waitFor(() => !redis.ready())
    await expect(redis.client.get('anything')).rejects.toThrow()
    await there.startAgain()
    await waitFor(() => redis.ready())
  }
  expect(lines.filter(({ msg }) => msg === 'Redis is back')).toHaveLength(2)
  expect(lines.filter(({ level }) => level === 'warn').length).toBeGreaterThanOrEqual(2)
  expect(await counted('outcry_redis_connected')).toBe(1)
  expect(await counted('outcry_redis_connections_lost_total')).toBe(2)
})

test('a Redis that hangs is left, and used again once it answers', async () => {
  const there = await server()
  const { redis } = connection(there.url)
  await redis.start()
  there.freeze()
  await expect(redis.client.get('anything')).rejects.toThrow('Command timed out')
  await waitFor(() => !redis.ready())
  there.thaw()
  await waitFor(() => redis.ready())
  expect(await redis.client.get('anything')).toBeNull()
})

test('a wrong password is said in one sentence, without the password', async () => {
  const there = await server({ password: 'right' })
  const { redis, lines, attempts } = connection(there.url.replace('right', 'hush-hush'))
  await redis.start()
  expect(redis.ready()).toBe(false)
  await waitFor(() => attempts() > 1)
  expect(lines.map(({ reason }) => reason)).toEqual([
    `The Redis at 127.0.0.1:${there.port} cannot be used: it refuses this user or password.`,
  ])
  const { redis: without, lines: said } = connection(`redis://127.0.0.1:${there.port}`)
  await without.start()
  expect(said[0]?.reason).toMatch(/cannot be used: it wants a password\.$/)
  expect(JSON.stringify([lines, said])).not.toContain('hush-hush')
})

test('the right password lets in', async () => {
  const { redis } = connection((await server({ password: 'right' })).url)
  await redis.start()
  expect(redis.ready()).toBe(true)
})

test('a Redis that is too old is said in one sentence, and not used', async () => {
  const old = await pretendRedis('5.0.14')
  const { redis, lines } = connection(old)
  await redis.start()
  expect(redis.ready()).toBe(false)
  expect(lines.map(({ reason }) => reason)).toEqual([
    `The Redis at ${new URL(old).host} is 5.0.14; Outcry needs 6.2 or newer.`,
  ])
})

test('a cluster is used by the address of one of its nodes, and again once it is back', async () => {
  const there = await startRedisCluster()
  ends.push(() => there.stop())
  const { redis, lines } = connection(there.url)
  await redis.start()
  expect(redis.ready()).toBe(true)
  await redis.client.set('greeting', 'hello')
  expect(await redis.client.get('greeting')).toBe('hello')
  await there.kill()
  await waitFor(() => !redis.ready())
  await expect(redis.client.get('greeting')).rejects.toThrow()
  await there.startAgain()
  await waitFor(() => redis.ready())
  await redis.client.set('greeting', 'hello')
  expect(lines.at(-1)).toMatchObject({ level: 'info', msg: 'Redis is back' })
})

test('an address that is none is refused at once', () => {
  const log = createLogger({ name: 'test', level: 'silent' })
  expect(() => createRedis({ url: 'http://localhost', log })).toThrow(RangeError)
})

/** Answers as a Redis of that version does, as far as a client asks before it begins. */
async function pretendRedis(version: string): Promise<string> {
  const sockets = new Set<Socket>()
  const listener: Server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('data', (bytes) => {
      const info = `redis_version:${version}\r\nloading:0\r\n`
      // Each command is an array of words; only INFO has an answer of its own.
      for (const command of bytes.toString().split(/^\*/m).slice(1)) {
        socket.write(/info/i.test(command) ? `$${info.length}\r\n${info}\r\n` : '+OK\r\n')
      }
    })
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  ends.push(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => listener.close(resolve))
  })
  const address = listener.address()
  if (address === null || typeof address === 'string') throw new Error('no port was given')
  return `redis://127.0.0.1:${address.port}`
}
