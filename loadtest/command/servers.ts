// Which servers a load test runs against: those that were named, those of a cluster, or one of its own.
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { codeOf, Failure } from '../../platform/failure.ts'
import { NO_LIMITS } from '../../platform/limits/no-limits.ts'
import { type OwnServer, startOwnServer } from '../own-server.ts'
import type { Servers } from '../run/plan.ts'
import type { TokenSource } from '../tokens.ts'
import type { LoadtestArguments } from './arguments.ts'

export interface FoundServers {
  readonly servers: Servers
  readonly tokens: TokenSource
  /** Where the server is one of the run's own. */
  readonly own?: OwnServer
  /** The variables of limits that nobody is held to, as far as is known here. */
  readonly limitsLifted: readonly string[]
  /** Ends what was started for the run. */
  stop(): Promise<void>
}

const Role = z.object({ url: z.string().optional(), metricsUrl: z.string().optional() })
const Gateway = z.object({
  url: z.string(),
  metricsUrl: z.string().optional(),
  pid: z.number().optional(),
})
const Cluster = z.object({
  gateways: z.array(Gateway).min(1),
  engines: z.array(Role).default([]),
  chats: z.array(Role).default([]),
  notifiers: z.array(Role).default([]),
  postgres: z.object({ url: z.string() }).optional(),
  jwtSecret: z.string().optional(),
  limitsLifted: z.array(z.string()).default([]),
})

/** Servers that run already. */
export interface NamedServers {
  readonly urls: readonly string[]
  readonly metricsUrls: readonly string[]
  readonly databaseUrl?: string
  /** Of a gateway other than the first, which is asked about lots to the end. */
  readonly drainPid?: number
  /** By which they know tokens. */
  readonly secret?: string
  readonly limitsLifted: readonly string[]
}

/**
 * Those that were asked for; undefined where the run is to have one of its own.
 * @throws Failure
 */
export async function namedServers(given: LoadtestArguments): Promise<NamedServers | undefined> {
  const { url, cluster, metricsUrl, databaseUrl, drainPid } = given
  if (url === undefined && cluster === undefined) {
    refuseWithoutServers(given)
    return undefined
  }
  const none = { urls: [], metricsUrls: [], limitsLifted: [] }
  const named = cluster === undefined ? none : await readCluster(cluster)
  return {
    ...named,
    ...(url === undefined ? {} : { urls: url }),
    ...(metricsUrl === undefined ? {} : { metricsUrls: metricsUrl }),
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
    ...(drainPid === undefined ? {} : { drainPid }),
  }
}

/**
 * Starts a server where none is named.
 * @param ofShell `JWT_SECRET`, where the shell has it
 * @throws Failure
 */
export async function openServers(
  named: NamedServers | undefined,
  given: LoadtestArguments,
  ofShell: string | undefined,
): Promise<FoundServers> {
  const sources = given.source ?? []
  if (named !== undefined) {
    const { limitsLifted, secret: ofCluster, ...servers } = named
    const tokenUrl = given.tokenUrl ?? mintOf(named.urls[0])
    // Whoever names a mint wants it to be asked.
    const secret = ofShell ?? (given.tokenUrl === undefined ? ofCluster : undefined)
    return {
      servers: { ...servers, sources },
      tokens: { tokenUrl, ...(secret === undefined ? {} : { secret }) },
      limitsLifted,
      stop: async () => {},
    }
  }
  const ownSecret = randomBytes(32).toString('hex')
  const own = await startOwnServer({ ...NO_LIMITS, JWT_SECRET: ownSecret })
  return {
    servers: {
      urls: [own.url],
      metricsUrls: [own.metricsUrl],
      databaseUrl: own.databaseUrl,
      sources,
    },
    tokens: { tokenUrl: mintOf(own.url), secret: ownSecret },
    own,
    limitsLifted: Object.keys(NO_LIMITS),
    stop: () => own.stop(),
  }
}

/** What says something of servers that run already. @throws Failure where none is named */
function refuseWithoutServers({
  metricsUrl,
  databaseUrl,
  drainPid,
  tokenUrl,
}: LoadtestArguments): void {
  const of = Object.entries({
    '--metrics-url': metricsUrl,
    '--database-url': databaseUrl,
    '--drain-pid': drainPid,
    '--token-url': tokenUrl,
  })
  const [useless] = of.find(([, value]) => value !== undefined) ?? []
  if (useless === undefined) return
  throw new Failure(`${useless} belongs to servers that run already, and none is named.`, {
    hint: 'Name them by --url or --cluster; without either, the run has a server of its own.',
  })
}

const mintOf = (url: string | undefined): string => new URL('/v1/dev/token', url).href

async function readCluster(file: string): Promise<NamedServers> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new Failure(`${file} can not be read (${codeOf(cause)}).`, {
      hint: 'A cluster writes it once all of it is at work: npm run cluster -- --json FILE.',
      cause,
    })
  })
  const { success, data, error } = Cluster.safeParse(parsed(text))
  if (!success) {
    throw new Failure(`${file} is not what npm run cluster -- --json writes.`, {
      hint: z.prettifyError(error),
    })
  }
  const { gateways, engines, chats, notifiers, postgres, jwtSecret, limitsLifted } = data
  const drainPid = gateways.length > 1 ? gateways.at(-1)?.pid : undefined
  const roles = [...gateways, ...engines, ...chats, ...notifiers]
  return {
    urls: gateways.map(({ url }) => url),
    metricsUrls: roles.flatMap(({ metricsUrl }) =>
      metricsUrl === undefined ? [] : [new URL('/metrics', metricsUrl).href],
    ),
    ...(postgres === undefined ? {} : { databaseUrl: postgres.url }),
    ...(drainPid === undefined ? {} : { drainPid }),
    ...(jwtSecret === undefined ? {} : { secret: jwtSecret }),
    limitsLifted,
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
