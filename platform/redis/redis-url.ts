// The spelling of REDIS_URL: `redis://user:password@host:6379/0`, `rediss://…` for TLS, several addresses
// divided by commas (or one with `?cluster=true`) for a cluster.

export interface RedisNode {
  readonly host: string
  readonly port: number
}

export interface RedisAddress {
  /** One, or those of a cluster that are asked for the others. */
  readonly nodes: readonly [RedisNode, ...RedisNode[]]
  readonly isCluster: boolean
  readonly tls: boolean
  readonly username?: string
  readonly password?: string
  readonly database: number
}

const expected =
  'expected redis://host:port or rediss://host:port, several divided by commas for a cluster'
const portDefault = 6379
const databaseOfPath = /^\/?(\d{1,5})?$/u

/**
 * User, password and database are those of the first address.
 * @throws RangeError that says what was expected; the text, which may hold a password, is not in it.
 */
export function parseRedisUrl(text: string): RedisAddress {
  const [first, ...others] = text.split(',').map((part) => urlOf(part.trim()))
  if (first === undefined) throw new RangeError(expected)
  const isCluster = others.length > 0 || first.searchParams.get('cluster') === 'true'
  const database = Number(databaseOfPath.exec(first.pathname)?.[1] ?? 0)
  if (isCluster && database !== 0) {
    throw new RangeError(
      'expected no database in the address of a Redis cluster, which has only one',
    )
  }
  return {
    nodes: [nodeOf(first), ...others.map(nodeOf)],
    isCluster,
    tls: first.protocol === 'rediss:',
    ...(first.username === '' ? {} : { username: decodeURIComponent(first.username) }),
    ...(first.password === '' ? {} : { password: decodeURIComponent(first.password) }),
    database,
  }
}

/** The addresses without user and password, for people to read. */
export function placeOf({ nodes }: RedisAddress): string {
  return nodes.map(({ host, port }) => `${host}:${port}`).join(', ')
}

function urlOf(text: string): URL {
  if (!URL.canParse(text)) throw new RangeError(expected)
  const url = new URL(text)
  const isRedis = url.protocol === 'redis:' || url.protocol === 'rediss:'
  if (!isRedis || url.hostname === '' || !databaseOfPath.test(url.pathname)) {
    throw new RangeError(expected)
  }
  return url
}

function nodeOf({ hostname, port }: URL): RedisNode {
  // Brackets around an IPv6 address belong to the URL.
  return { host: hostname.replace(/^\[|\]$/gu, ''), port: port === '' ? portDefault : Number(port) }
}
