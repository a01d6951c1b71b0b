// The whole of Outcry, as `npm start` wires it, on a database of its own and on free ports.
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SignJWT } from 'jose'
import { readOutcryConfig } from '../../config.ts'
import { createHttpClient, type HttpClient } from '../../loadtest/http-client.ts'
import { createOutcry } from '../../outcry.ts'
import { runParts } from '../../platform/lifecycle.ts'
import { createLogger } from '../../platform/log.ts'
import { throwawayDatabase } from '../../platform/testing/throwaway-database.ts'
import type { LotOutcome, LotTerms, LotView } from '../../protocol/auction.ts'
import type { Role } from '../../protocol/identity.ts'

export interface TokenOrder {
  readonly roles?: readonly Role[]
  /** Seconds; a negative one makes a token that has expired. */
  readonly ttlSeconds?: number
  /** The device that the token is for. */
  readonly deviceId?: string
}

export interface TestServer {
  readonly url: string
  readonly websocketUrl: string
  readonly databaseUrl: string
  readonly metricsUrl: string
  /** Every line it has logged, at every level. */
  readonly logged: () => string
  token(user: string, order?: TokenOrder): Promise<string>
  /** The HTTP API in the name of `user`. */
  as(user: string, ...roles: readonly Role[]): Promise<HttpClient>
  stop(): Promise<void>
}

/** What the servers of these tests verify tokens by. */
export const jwtSecret = 'the acceptance tests sign their tokens with this'

export async function signToken(user: string, order: TokenOrder = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1_000)
  const { roles = [], deviceId } = order
  return new SignJWT({ roles: [...roles], ...(deviceId === undefined ? {} : { deviceId }) })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(user)
    .setIssuedAt(now - 60)
    .setExpirationTime(now + (order.ttlSeconds ?? 3_600))
    .sign(new TextEncoder().encode(jwtSecret))
}

/** @param env further variables of the server */
export async function startServer(env: Readonly<Record<string, string>> = {}): Promise<TestServer> {
  const database = await throwawayDatabase()
  const dataFolder = await mkdtemp(join(tmpdir(), 'outcry-acceptance-'))
  const config = readOutcryConfig({
    OUTCRY_DATA: dataFolder,
    PORT: '0',
    METRICS_PORT: '0',
    DATABASE_URL: database.url,
    JWT_SECRET: jwtSecret,
    ...env,
  })
  let logged = ''
  const log = createLogger({
    name: 'test',
    level: 'trace',
    destination: {
      write(line) {
        logged += line
      },
    },
  })
  const outcry = createOutcry(config, log)
  const running = runParts(outcry.parts, { log })
  await running.ready
  const url = `http://127.0.0.1:${outcry.port}`
  return {
    url,
    websocketUrl: `ws://127.0.0.1:${outcry.port}/connection/websocket`,
    databaseUrl: database.url,
    metricsUrl: `http://127.0.0.1:${outcry.metricsPort}/metrics`,
    logged: () => logged,
    token: signToken,
    as: async (user, ...roles) => createHttpClient(url, await signToken(user, { roles })),
    async stop() {
      await running.drainAndStop()
      await database.drop()
      await rm(dataFolder, { recursive: true, force: true })
    },
  }
}

/** Creates and publishes a lot of `sam`'s that opens at once. */
export async function openLot(server: TestServer, terms: Partial<LotTerms> = {}): Promise<LotView> {
  const sam = await server.as('sam', 'seller')
  const { lotId } = lotOf(await sam.call('POST', '/v1/lots', { ...lotTerms(), ...terms }))
  return lotOf(await sam.call('POST', `/v1/lots/${lotId}/publish`, {}))
}

export function lotTerms(): LotTerms {
  const startsAt = Date.now() - 1_000
  return {
    title: `A lamp ${randomUUID()}`,
    currency: 'USD',
    format: 'english',
    startPrice: 1_000,
    grid: 'free',
    startsAt,
    endsAt: startsAt + 3_600_000,
    softClose: null,
    retraction: 'none',
  }
}

/** The lot in the outcome of a command. @throws Error where the command was refused */
export function lotOf(answer: unknown): LotView {
  const outcome = answer as LotOutcome
  if (outcome.outcome === 'accepted') return outcome.lot
  throw new Error(`the command on the lot was refused: ${JSON.stringify(outcome)}`)
}

/** Lets the lot end a moment from now, as only a service may. */
export async function endSoon(server: TestServer, lotId: string): Promise<void> {
  const house = await server.as('house', 'service')
  lotOf(await house.call('PATCH', `/v1/lots/${lotId}`, { endsAt: Date.now() + 250 }))
}
