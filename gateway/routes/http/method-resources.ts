// The methods of `rpc` as resources: the same parameters, the same handlers, the same outcomes.
import type { Refused } from '../../../protocol/auction.ts'
import type { EngineReply } from '../../../protocol/engine.ts'
import { METHODS, type MethodName } from '../../../protocol/methods.ts'
import { REFUSALS, type RefusalCode } from '../../../protocol/refusals.ts'
import type { HttpResponse } from '../../ports/http.ts'
import type { CallMethod, MethodResult } from '../method.ts'
import { json, problem, problemOf } from './problem.ts'
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
        return response(result, http.success, rateHeaders)
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

function response(result: MethodResult, success: number, rateHeaders: RateHeaders): HttpResponse {
  if (result.kind === 'data') return json(200, result.data)
  if (result.kind === 'error') return problem(result.error, result.detail)
  const { outcome } = result
  if (outcome.outcome === 'accepted') return json(success, outcome, location(outcome, success))
  const status = PROBLEM_STATUS[outcome.code]
  if (status === undefined) return json(200, outcome)
  return problemOf(status, outcome.code, REFUSALS[outcome.code].says, {
    members: { ...outcome },
    headers: outcome.outcome === 'refused' ? retryHeaders(outcome, rateHeaders) : {},
  })
}

function location(outcome: EngineReply, success: number): Readonly<Record<string, string>> {
  return success === 201 ? { location: `/v1/lots/${outcome.lotId}` } : {}
}

/** Refusals that HTTP has a word for; any other decided bid, accepted or refused, is a 200. */
const PROBLEM_STATUS: Partial<Record<RefusalCode, number>> = {
  not_permitted: 403,
  lot_not_found: 404,
  rate_limited: 429,
  internal: 500,
  overloaded: 503,
  outcome_unknown: 504,
}

function retryHeaders(
  { retryAfterMs, scope }: Pick<Refused, 'retryAfterMs' | 'scope'>,
  rateHeaders: RateHeaders,
): Readonly<Record<string, string>> {
  if (retryAfterMs === undefined) return {}
  if (scope === 'lot') return rateHeaders('bidsPerUser', retryAfterMs)
  if (scope === 'user') return rateHeaders('bidsPerUserAllLots', retryAfterMs)
  return { 'retry-after': String(Math.max(1, Math.ceil(retryAfterMs / 1_000))) }
}
