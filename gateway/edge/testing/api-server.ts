// The HTTP API on a real server and a free port, with nothing real behind it.
import { App } from 'uWebSockets.js'
import { createMemoryLimits } from '../../../platform/limits/memory-limits.ts'
import type { LimitSetting } from '../../../platform/limits/parse-limit.ts'
import { createLogger } from '../../../platform/log.ts'
import { createMetrics } from '../../../platform/metrics.ts'
import { VirtualClock } from '../../../platform/testing/virtual-clock.ts'
import type { Role } from '../../../protocol/identity.ts'
import type { Revocation } from '../../../protocol/notifications.ts'
import { createTokenMint } from '../../adapters/jose-token-mint.ts'
import { createTokenVerifier } from '../../adapters/jose-token-verifier.ts'
import { createPackagePageFiles } from '../../adapters/package-page-files.ts'
import { type GatewayLimit, RATES } from '../../limits.ts'
import type { AuctionHouse } from '../../ports/auction-house.ts'
import type { ChatBook } from '../../ports/chat-book.ts'
import type { ChatStore } from '../../ports/chat-store.ts'
import type { FeedOffice } from '../../ports/feed-office.ts'
import type { LotBook } from '../../ports/lot-book.ts'
import { createHttpApi } from '../../routes/http/api.ts'
import { withDocs } from '../../routes/http/docs.ts'
import { devTokenResource, probes, revokeResource } from '../../routes/http/house-resources.ts'
import { methodResources } from '../../routes/http/method-resources.ts'
import { createHttpMetrics } from '../../routes/http/metrics.ts'
import { createRateHeaders } from '../../routes/http/rate-headers.ts'
import { createIdentify } from '../../routes/identify.ts'
import { callsOn } from '../../testing/calls.ts'
import { feedOfficeOf } from '../../testing/feeds.ts'
import { noonMs } from '../../testing/people.ts'
import { ownRevocations } from '../../testing/revocations.ts'
import { mountHttp } from '../http.ts'
import { listening } from './listening.ts'

export interface ApiServerOptions {
  readonly house?: AuctionHouse
  readonly book?: LotBook
  readonly chatBook?: ChatBook
  readonly chatStore?: ChatStore
  readonly feedOffice?: FeedOffice
  readonly anonymous?: 'watch' | 'deny'
  readonly devTokens?: boolean
  readonly allowedOrigins?: readonly string[] | 'any'
  readonly ready?: () => boolean
  readonly trustProxy?: boolean
  readonly rates?: Partial<Record<GatewayLimit, LimitSetting>>
}

export interface ApiServer {
  readonly url: string
  readonly port: number
  /** What was posted for all gateways to read. */
  readonly posted: readonly Revocation[]
  /** What was logged, a line each. */
  readonly lines: readonly string[]
  /** An `Authorization` header. */
  bearer(userId: string, ...roles: Role[]): Promise<{ readonly authorization: string }>
  close(): void
}

export async function startApiServer(options: ApiServerOptions = {}): Promise<ApiServer> {
  const clock = new VirtualClock(noonMs)
  const secret = 'a secret of the tests, long enough'
  const mint = createTokenMint({ secret, clock })
  const posted: Revocation[] = []
  const revocations = ownRevocations()
  revocations.listen((revocation) => void posted.push(revocation))
  const lines: string[] = []
  const log = createLogger({
    name: 'test',
    destination: { write: (line) => void lines.push(line) },
  })
  const app = App()
  const rates = { ...RATES, ...options.rates }
  const { ready = () => true, allowedOrigins = [], trustProxy = false } = options
  const metrics = createMetrics({ role: 'test', ofProcess: false })
  const limits = createMemoryLimits(rates)
  const feedOffice = options.feedOffice ?? feedOfficeOf()
  const callMethod = callsOn({ ...options, feedOffice, limits, clock })
  const rateHeaders = createRateHeaders(rates)
  const handler = createHttpApi({
    resources: withDocs(
      [
        ...probes(ready),
        ...methodResources(callMethod, rateHeaders),
        revokeResource({ revocations, feedOffice, clock }),
        ...(options.devTokens === true ? [devTokenResource(mint)] : []),
      ],
      { version: '0.0.0', files: createPackagePageFiles() },
    ),
    identify: createIdentify({
      verifier: createTokenVerifier({ secret, clock, log }),
      revocations,
      anonymous: options.anonymous ?? 'watch',
    }),
    limits,
    rateHeaders,
    allowedOrigins,
    ready,
    metrics: createHttpMetrics(metrics),
    log,
  })
  mountHttp(app, { handler, trustProxy, secure: false, log })
  const port = await listening(app)
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    posted,
    lines,
    async bearer(userId, ...roles) {
      const { token } = await mint.mint({ userId, roles, ttlMs: 3_600_000 })
      return { authorization: `Bearer ${token}` }
    },
    close: () => void app.close(),
  }
}
