// Pages, as methods answer them.
import type { MethodResult } from '../method.ts'

/** The page, or what to say of a cursor that no page of ours ever gave. */
export function pageOrFault(page: object | undefined): MethodResult {
  if (page !== undefined) return { kind: 'data', data: page }
  return { kind: 'error', error: 'bad_request', detail: 'cursor: expected the `next` of a page' }
}
