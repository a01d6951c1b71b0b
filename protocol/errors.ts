// The protocol's errors: a command could not be carried out as asked. What a bid or a message came
// to is never one of these; that is an outcome (`refusals.ts`).

interface ErrorEntry {
  readonly code: number
  readonly message: string
  /** True where the same command may succeed a little later. */
  readonly temporary: boolean
  /** Status of the same failure over HTTP. */
  readonly status: number
}

export const PROTOCOL_ERRORS = {
  internal: { code: 100, message: 'internal server error', temporary: true, status: 500 },
  unauthorized: { code: 101, message: 'unauthorized', temporary: false, status: 401 },
  unknown_channel: { code: 102, message: 'unknown channel', temporary: false, status: 404 },
  permission_denied: { code: 103, message: 'permission denied', temporary: false, status: 403 },
  method_not_found: { code: 104, message: 'method not found', temporary: false, status: 404 },
  already_subscribed: { code: 105, message: 'already subscribed', temporary: false, status: 409 },
  limit_exceeded: { code: 106, message: 'limit exceeded', temporary: false, status: 429 },
  bad_request: { code: 107, message: 'bad request', temporary: false, status: 400 },
  not_available: { code: 108, message: 'not available', temporary: false, status: 404 },
  token_expired: { code: 109, message: 'token expired', temporary: false, status: 401 },
  too_many_requests: { code: 111, message: 'too many requests', temporary: true, status: 429 },
  unrecoverable_position: {
    code: 112,
    message: 'unrecoverable position',
    temporary: false,
    status: 410,
  },
} as const satisfies Record<string, ErrorEntry>

export type ProtocolErrorName = keyof typeof PROTOCOL_ERRORS

/** The error object of a reply. */
export interface ErrorObject {
  readonly code: number
  readonly message: string
  readonly temporary?: true
}

/**
 * The error object for `name`; `detail` says which field was wrong and what was expected, and is
 * appended to the table's message.
 */
export function errorObject(name: ProtocolErrorName, detail?: string): ErrorObject {
  const entry = PROTOCOL_ERRORS[name]
  const message = detail === undefined ? entry.message : `${entry.message}: ${detail}`
  return entry.temporary
    ? { code: entry.code, message, temporary: true }
    : { code: entry.code, message }
}
