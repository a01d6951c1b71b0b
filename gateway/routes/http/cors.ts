// Which web pages may call the API (CORS): those whose origin may open a WebSocket too.
import type { HttpRequest, HttpResponse } from '../../ports/http.ts'
import { problem } from './problem.ts'

export type AllowedOrigins = readonly string[] | 'any'

/** How long a browser may remember the answer to a preflight. */
const preflightMaxAgeSeconds = '600'
const exposed = 'Retry-After, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Location'

/** The headers that let the page which sent `request` read the response. */
export function corsHeaders(
  request: Pick<HttpRequest, 'headers'>,
  allowed: AllowedOrigins,
): Readonly<Record<string, string>> {
  const origin = request.headers.get('origin')
  if (origin === undefined) return {}
  if (!originAllowed(origin, allowed)) return { vary: 'Origin' }
  return {
    'access-control-allow-origin': origin,
    'access-control-expose-headers': exposed,
    vary: 'Origin',
  }
}

/** The answer to `OPTIONS`: to a browser's preflight whether the page may, else what the path takes. */
export function optionsResponse(
  request: Pick<HttpRequest, 'headers'>,
  allowed: AllowedOrigins,
  methods: readonly string[],
): HttpResponse {
  const allow = [...methods, 'OPTIONS'].join(', ')
  const origin = request.headers.get('origin')
  const preflight = request.headers.has('access-control-request-method')
  if (origin === undefined || !preflight) return { status: 204, headers: { allow } }
  if (!originAllowed(origin, allowed)) {
    return problem('origin_not_allowed', 'this origin is not among the allowed ones')
  }
  return {
    status: 204,
    headers: {
      allow,
      'access-control-allow-methods': allow,
      'access-control-allow-headers': 'Authorization, Content-Type, Idempotency-Key, traceparent',
      'access-control-max-age': preflightMaxAgeSeconds,
    },
  }
}

function originAllowed(origin: string, allowed: AllowedOrigins): boolean {
  return allowed === 'any' || allowed.includes(origin)
}
