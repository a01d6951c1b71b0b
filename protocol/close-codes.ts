// Why a connection ends, and what the client should do about it. The public SDKs read the band and
// not the code: 3000–3499 "reconnect, with backoff", 3500–3999 and 4500–4999 "do not reconnect".
// The codes are those of the Centrifuge client protocol.

interface CloseEntry {
  readonly code: number
  readonly reason: string
}

export const CLOSE_CODES = {
  connection_closed: { code: 3000, reason: 'connection closed' },
  shutdown: { code: 3001, reason: 'shutdown' },
  internal_server_error: { code: 3004, reason: 'internal server error' },
  connection_expired: { code: 3005, reason: 'connection expired' },
  slow: { code: 3008, reason: 'slow' },
  insufficient_state: { code: 3010, reason: 'insufficient state' },
  force_reconnect: { code: 3011, reason: 'force reconnect' },
  no_pong: { code: 3012, reason: 'no pong' },
  invalid_token: { code: 3500, reason: 'invalid token' },
  bad_request: { code: 3501, reason: 'bad request' },
  stale: { code: 3502, reason: 'stale' },
  force_disconnect: { code: 3503, reason: 'force disconnect' },
  connection_limit: { code: 3504, reason: 'connection limit' },
  channel_limit: { code: 3505, reason: 'channel limit' },
  permission_denied: { code: 3507, reason: 'permission denied' },
  not_available: { code: 3508, reason: 'not available' },
  too_many_errors: { code: 3509, reason: 'too many errors' },
} as const satisfies Record<string, CloseEntry>

export type CloseName = keyof typeof CLOSE_CODES

/** Whether a client that was closed with `code` should come back (with backoff). */
export function shouldReconnect(code: number): boolean {
  return code < 3500 || (code >= 4000 && code < 4500) || code >= 5000
}
