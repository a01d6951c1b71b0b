// The methods of `rpc` as resources: the same parameters, the same handlers, the same outcomes.
import { METHODS, type MethodName } from '../../../protocol/methods.ts'
import { REFUSALS, type RefusalCode } from '../../../protocol/refusals.ts'
import type { HttpResponse } from '../../ports/http.ts'
import type { CallMethod, MethodResult } from '../method.ts'
import { badRequest, json, problem, problemOf } from './problem.ts'
import type { RateHeaders } from './rate-headers.ts'
import type { Resource, ResourceRequest } from './resource.ts'

type Binding = Extract<(typeof METHODS)[MethodName], { readonly http: unknown }>['http']

export function methodResources(callMethod: CallMethod, rateHeaders: RateHeaders): Resource[] {
  const names = Object.keys(METHODS) as MethodName[]
  return names.flatMap((name) => {
    const entry = METHODS[name]
    if (!('http' in entry)) return []
    const { http } = entry
    return {
      method: http.method,
      path: http.path,
      kind: 'api',
      handle: async (request) => {
        const result = await callMethod(name, request.caller, parameters(http, request))
        return response(result, http, rateHeaders)
      },
    }
  })
}

/** The path wins over a field of the same name; the header fills in what the body leaves out. */
function parameters(http: Binding, { fields, path, headers }: ResourceRequest): unknown {
  const given = { ...fields, ...path }
  const key = 'idempotencyKey' in http ? http.idempotencyKey : undefined
  const header = headers.get('idempotency-key')
  if (key === undefined || header === undefined || Object.hasOwn(given, key)) return given
  // The header is a structured field, so some clients put its string in quotes.
  return { ...given, [key]: header.replace(/^"(.*)"$/, '$1') }
}

function response(result: MethodResult, http: Binding, rateHeaders: RateHeaders): HttpResponse {
  if (result.kind === 'error') {
    return result.faults === undefined
      ? problem(result.error, result.detail)
      : badRequest(result.faults)
  }
  if (result.kind === 'data') return json(http.success, result.data, location(http, result.data))
  const { outcome } = result
  if (outcome.outcome === 'accepted') {
    return json(http.success, outcome, location(http, outcome))
  }
  const status = PROBLEM_STATUS[outcome.code]
  if (status === undefined) return json(200, outcome)
  return problemOf(status, outcome.code, REFUSALS[outcome.code].says, {
    members: { ...outcome },
    headers: outcome.outcome === 'refused' ? retryHeaders(result, outcome, rateHeaders) : {},
  })
}

type CreatedId = 'lotId' | 'attachmentId' | 'webhookId'

/** What was created lies below where it was created, under its own id. */
function location({ success, path }: Binding, created: unknown): Readonly<Record<string, string>> {
  if (success !== 201) return {}
  const { lotId, attachmentId, webhookId } = created as Partial<Record<CreatedId, string>>
  return { location: `${path}/${lotId ?? attachmentId ?? webhookId}` }
}

/** Refusals that HTTP has a word for; any other decided bid or message, accepted or refused, is a 200. */
const PROBLEM_STATUS: Partial<Record<RefusalCode, number>> = {
  not_permitted: 403,
  lot_not_found: 404,
  not_member: 404,
  webhook_url_refused: 400,
  webhook_missing: 404,
  delivery_missing: 404,
  rate_limited: 429,
  internal: 500,
  overloaded: 503,
  outcome_unknown: 504,
}

function retryHeaders(
  { limit }: Extract<MethodResult, { readonly kind: 'outcome' }>,
  { retryAfterMs }: { readonly retryAfterMs?: number },
  rateHeaders: RateHeaders,
): Readonly<Record<string, string>> {
  if (retryAfterMs === undefined) return {}
  if (limit !== undefined) return rateHeaders(limit, retryAfterMs)
  return { 'retry-after': String(Math.max(1, Math.ceil(retryAfterMs / 1_000))) }
}
