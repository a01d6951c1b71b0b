// Which servers a load test runs against: those that were named, those of a cluster, or one of its own.
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { Failure } from '../../platform/failure.ts'
import { startOwnServer } from '../own-server.ts'
import type { Servers } from '../run/plan.ts'
import type { TokenSource } from '../tokens.ts'
import type { LoadtestArguments } from './arguments.ts'

export interface FoundServers {
  readonly servers: Servers
  readonly tokens: TokenSource
  /** Ends what was started for the run. */
  stop(): Promise<void>
}

/** All devices of a run come from few addresses, and do what they do as fast as they are to. */
const ownServerSettings = {
  LIMIT_REQUESTS_PER_TOKEN: 'off',
  LIMIT_COMMANDS_PER_CONNECTION: 'off',
  LIMIT_CONNECTIONS_PER_ADDRESS: 'off',
  LIMIT_CONNECTIONS_PER_USER: 'off',
  LIMIT_BIDS_PER_USER: 'off',
  LIMIT_BIDS_PER_USER_ALL_LOTS: 'off',
  LIMIT_MESSAGES_PER_USER: 'off',
  LIMIT_CONVERSATIONS_OPENED_PER_USER: 'off',
  LIMIT_TYPING_PER_USER: 'off',
}

const Role = z.object({ url: z.string().optional(), metricsUrl: z.string().optional() })
const Cluster = z.object({
  gateways: z.array(z.object({ url: z.string(), metricsUrl: z.string().optional() })).min(1),
  engines: z.array(Role).default([]),
  chats: z.array(Role).default([]),
  notifiers: z.array(Role).default([]),
  postgres: z.object({ url: z.string() }).optional(),
})

/**
 * @param secret `JWT_SECRET`, where the shell has it
 * @throws Failure
 */
export async function findServers(
  given: LoadtestArguments,
  secret: string | undefined,
): Promise<FoundServers> {
  const named = given.cluster === undefined ? {} : await readCluster(given.cluster)
  const own = given.url === undefined && given.cluster === undefined
  const ownSecret = randomBytes(32).toString('hex')
  const server = own
    ? await startOwnServer({ ...ownServerSettings, JWT_SECRET: ownSecret })
    : undefined
  const signing = own ? ownSecret : secret
  const urls = given.url ?? named.urls ?? (server === undefined ? [] : [server.url])
  const databaseUrl = given.databaseUrl ?? named.databaseUrl
  const tokenUrl = given.tokenUrl ?? new URL('/v1/dev/token', urls[0]).href
  return {
    servers: {
      urls,
      metricsUrls: given.metricsUrl ?? named.metricsUrls ?? [],
      sources: given.source ?? [],
      ...(databaseUrl === undefined ? {} : { databaseUrl }),
    },
    tokens: { tokenUrl, ...(signing === undefined ? {} : { secret: signing }) },
    stop: async () => await server?.stop(),
  }
}

interface NamedServers {
  readonly urls?: readonly string[]
  readonly metricsUrls?: readonly string[]
  readonly databaseUrl?: string
}

async function readCluster(file: string): Promise<NamedServers> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new Failure(`${file} can not be read.`, { cause })
  })
  const { success, data, error } = Cluster.safeParse(parsed(text))
  if (!success) {
    throw new Failure(`${file} is not what npm run cluster -- --json writes.`, {
      hint: z.prettifyError(error),
    })
  }
  const { gateways, engines, chats, notifiers, postgres } = data
  const roles = [...gateways, ...engines, ...chats, ...notifiers]
  return {
    urls: gateways.map(({ url }) => url),
    metricsUrls: roles.flatMap(({ metricsUrl }) => (metricsUrl === undefined ? [] : [metricsUrl])),
    ...(postgres === undefined ? {} : { databaseUrl: postgres.url }),
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
