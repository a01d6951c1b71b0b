// From an HTTP request to a socket. Everything here happens in one go: nothing may be awaited between
// the request and `res.upgrade` (the request lives for the callback only, and the releases of
// uWebSockets.js we run on may close a socket that was upgraded later). Who it is comes with the
// `connect` command.

import type { HttpRequest, HttpResponse, us_socket_context_t } from 'uWebSockets.js'
import { randomInt, randomUUID } from 'node:crypto'
import { chooseCodec } from '../../protocol/codecs.ts'
import { refusedRetryAfterSeconds } from '../limits.ts'
import { clientAddress } from './address.ts'
import { Connection, type ConnectionContext, type SocketData } from './connection.ts'
import type { RefusalReason } from './metrics.ts'

export interface UpgradeOptions {
  readonly allowedOrigins: readonly string[] | 'any'
  readonly trustProxy: boolean
  readonly takesTraffic: () => boolean
  readonly originOf: (req: HttpRequest) => string | undefined
}

const REFUSALS: Record<RefusalReason, { readonly status: string; readonly says: string }> = {
  origin: { status: '403 Forbidden', says: 'This origin may not connect here.' },
  subprotocol: {
    status: '400 Bad Request',
    says: 'None of the subprotocols offered is spoken here.',
  },
  address_limit: {
    status: '429 Too Many Requests',
    says: 'Too many connections from this address.',
  },
  full: { status: '503 Service Unavailable', says: 'No more connections fit here.' },
  draining: { status: '503 Service Unavailable', says: 'This gateway is about to stop.' },
}

/** Accepts the socket or says by HTTP why not. */
export function upgrade(
  res: HttpResponse,
  req: HttpRequest,
  socketContext: us_socket_context_t,
  context: ConnectionContext,
  options: UpgradeOptions,
): void {
  const { roster, metrics } = context
  const refuse = (reason: RefusalReason): void => {
    metrics.refused.inc({ reason })
    const { status, says } = REFUSALS[reason]
    res.writeStatus(status).writeHeader('content-type', 'text/plain; charset=utf-8')
    // Those turned away together must not come back together.
    const seconds = refusedRetryAfterSeconds + randomInt(refusedRetryAfterSeconds + 1)
    if (reason !== 'origin' && reason !== 'subprotocol') {
      res.writeHeader('retry-after', String(seconds))
    }
    res.end(says, true)
  }
  if (!options.takesTraffic()) return refuse('draining')
  if (!isAllowed(req.getHeader('origin'), options.allowedOrigins)) return refuse('origin')
  const offered = req.getHeader('sec-websocket-protocol')
  const codec = chooseCodec(offered)
  if (codec === undefined) return refuse('subprotocol')
  if (roster.isFull) return refuse('full')
  const address = clientAddress(res, req, options.trustProxy)
  if (roster.isFullFor(address)) return refuse('address_limit')
  const origin = options.originOf(req)
  const connection = new Connection({ client: randomUUID(), address, origin, codec }, context)
  res.upgrade<SocketData>(
    { connection },
    req.getHeader('sec-websocket-key'),
    // A client that offered nothing must not be told of a choice.
    offered === '' ? '' : codec.subprotocol,
    req.getHeader('sec-websocket-extensions'),
    socketContext,
  )
}

/** Only browsers send an origin, and only they can be made to connect by a page that is not ours. */
function isAllowed(origin: string, allowed: readonly string[] | 'any'): boolean {
  return origin === '' || allowed === 'any' || allowed.includes(origin)
}
