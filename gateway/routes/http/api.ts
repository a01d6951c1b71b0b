// The HTTP API: every request goes the same way – path, token, rate, body, resource.
import { createHash } from 'node:crypto'

import { uuidv7 } from '../../../platform/ids.ts'
import type { Limits } from '../../../platform/limits/limits.ts'
import type { Logger } from '../../../platform/log.ts'
import { classifyDatabaseError } from '../../../platform/retry.ts'
import type { GatewayLimit } from '../../limits.ts'
import type { HttpHandler, HttpRequest, HttpResponse } from '../../ports/http.ts'
import type { Identification, Identify } from '../identify.ts'
import { requestFields } from './body.ts'
import { type AllowedOrigins, corsHeaders, optionsResponse } from './cors.ts'
import type { HttpMetrics } from './metrics.ts'
import { problem, problemOf } from './problem.ts'
import type { RateHeaders } from './rate-headers.ts'
import type { Resource } from './resource.ts'
import { createRouter, type PathParams } from './router.ts'

export interface HttpApiOptions {
  readonly resources: readonly Resource[]
  readonly identify: Identify
  readonly limits: Limits<GatewayLimit>
  readonly rateHeaders: RateHeaders
  readonly allowedOrigins: AllowedOrigins
  /** False while the gateway starts or drains: clients are then asked to open a new connection. */
  readonly ready: () => boolean
  readonly metrics: HttpMetrics
  readonly log: Logger
}

/** No answer is for keeping: states move, and tokens must not lie in caches. */
const always = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }

export function createHttpApi(options: HttpApiOptions): HttpHandler {
  const route = createRouter(options.resources)

  async function answer(request: HttpRequest): Promise<readonly [resource: string, HttpResponse]> {
    const match = route(request.method, request.path)
    if (match === undefined) return ['none', unknownPath(request)]
    if ('resource' in match) {
      const { resource, params } = match
      return [resource.path, await answered(options, resource, params, request)]
    }
    const methods = match.allow
    if (request.method === 'OPTIONS') {
      return ['preflight', optionsResponse(request, options.allowedOrigins, methods)]
    }
    const allow = methods.join(', ')
    return ['none', problem('method_not_allowed', `expected ${allow}`, { headers: { allow } })]
  }

  return async (request) => {
    const finish = options.metrics.begin()
    const [resource, response] = await answer(request)
    finish(resource, response.status)
    const closing = options.ready() ? {} : { connection: 'close' }
    const cors = corsHeaders(request, options.allowedOrigins)
    return { ...response, headers: { ...always, ...cors, ...closing, ...response.headers } }
  }
}

async function answered(
  options: HttpApiOptions,
  resource: Resource,
  path: PathParams,
  request: HttpRequest,
): Promise<HttpResponse> {
  try {
    return await WAYS[resource.kind](options, resource, path, request)
  } catch (err) {
    const asked = `${resource.method} ${resource.path}`
    if (classifyDatabaseError(err) === undefined) {
      options.log.error({ err, asked }, 'a request failed')
      return problem('internal')
    }
    // Somebody else says that the database is away, and says it once.
    options.log.debug({ err, asked }, 'a request could not be read from the database')
    return problemOf(503, 'internal', 'the database can not be reached; try again', {
      headers: { 'retry-after': '1' },
    })
  }
}

type Way = typeof called

const WAYS: Readonly<Record<Resource['kind'], Way>> = { probe: probed, page: paged, api: called }

/** Whatever token comes along is not looked at: a page is the same for everybody. */
async function paged(
  options: HttpApiOptions,
  resource: Resource,
  path: PathParams,
  request: HttpRequest,
): Promise<HttpResponse> {
  return (
    (await heldBack(options, request.address)) ?? (await probed(options, resource, path, request))
  )
}

async function heldBack(
  { limits, rateHeaders }: HttpApiOptions,
  key: string,
): Promise<HttpResponse | undefined> {
  const rate = await limits.take('requestsPerToken', key)
  if (rate.allowed) return undefined
  const headers = rateHeaders('requestsPerToken', rate.retryAfterMs)
  return problem('too_many_requests', `wait ${headers['retry-after']} s`, { headers })
}

async function probed(
  _: HttpApiOptions,
  resource: Resource,
  path: PathParams,
  { address, origin, headers }: HttpRequest,
): Promise<HttpResponse> {
  const caller = { client: uuidv7(), identity: undefined, address, origin }
  return await resource.handle({ caller, path, fields: {}, headers })
}

async function called(
  options: HttpApiOptions,
  resource: Resource,
  path: PathParams,
  request: HttpRequest,
): Promise<HttpResponse> {
  const token = bearerToken(request)
  const who = await options.identify(token)
  const held = await heldBack(options, rateKey(who, token, request.address))
  if (held !== undefined) return held
  if (!who.known) return notKnown(who)
  const read = requestFields(request)
  if ('problem' in read) return read.problem
  const { address, origin } = request
  const caller = { client: uuidv7(), identity: who.identity, address, origin }
  const { headers } = request
  return await resource.handle({ caller, path, fields: read.fields, headers })
}

/**
 * A token that is nobody's buys no rate of its own, or a made-up one each time would. The keys may
 * be kept by another process, so it is the token's digest that they hold.
 */
function rateKey(who: Identification, token: string | undefined, address: string): string {
  if (token === undefined || !who.known || who.identity === undefined) return address
  return createHash('sha256').update(token).digest('base64url')
}

function bearerToken(request: HttpRequest): string | undefined {
  const header = request.headers.get('authorization')
  if (header === undefined) return undefined
  // Another scheme holds no token of ours: it is verified as one, and found invalid.
  return /^bearer +(.*)$/i.exec(header)?.[1]?.trim() ?? header
}

function notKnown(who: Extract<Identification, { readonly known: false }>): HttpResponse {
  if (who.fault === 'unavailable') {
    return problemOf(503, 'internal', who.says, { headers: { 'retry-after': '1' } })
  }
  const code = who.fault === 'expired' ? 'token_expired' : 'unauthorized'
  if (who.fault === 'missing') return problem(code, who.says)
  const headers = { 'www-authenticate': 'Bearer error="invalid_token"' }
  return problem(code, who.says, { headers })
}

function unknownPath({ method, path }: HttpRequest): HttpResponse {
  if (path === '/connection/websocket' && method === 'GET') {
    const headers = { upgrade: 'websocket' }
    return problem('upgrade_required', 'this path speaks WebSocket only', { headers })
  }
  return problem('not_found', 'there is nothing at this path')
}
