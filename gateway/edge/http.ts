// HTTP on the gateway's port: what uWebSockets.js hands over becomes a plain request, and a plain
// response is written back. Its traps are dealt with here: `req` lives for the callback only, so all
// of it is copied at once; body chunks are detached after their callback; an answer that comes later
// is written in one `cork`; and after `onAborted` the response is never touched again.
import type {
  TemplatedApp,
  HttpRequest as UwsRequest,
  HttpResponse as UwsResponse,
} from 'uWebSockets.js'
import { STATUS_CODES } from 'node:http'
import type { Logger } from '../../platform/log.ts'
import { bodyBytesMax, bodyDiscardedBytesMax } from '../limits.ts'
import type { HttpHandler, HttpRequest, HttpResponse } from '../ports/http.ts'
import { clientAddress } from './address.ts'
import { createOriginOf } from './origin.ts'

export interface HttpMountOptions {
  readonly handler: HttpHandler
  /** Believe a proxy in front about the client's address. */
  readonly trustProxy: boolean
  /** Whether TLS ends here. */
  readonly secure: boolean
  readonly log: Logger
}

/** Answers every request on `app` that is no WebSocket upgrade with `handler`. */
export function mountHttp(app: TemplatedApp, options: HttpMountOptions): void {
  const originOf = createOriginOf(options)
  app.any('/*', (res, req) => {
    const head = {
      ...requestHead(res, req, options.trustProxy),
      origin: originOf(req),
    }
    const exchange = { aborted: false }
    res.onAborted(() => {
      exchange.aborted = true
    })
    gatherBody(res, (body) => {
      // Told to handlers that hear of it in the same turn; those which wait look at `aborted` after.
      if (!exchange.aborted) void answer(res, exchange, { ...head, body }, options)
    })
  })
}

/** The part of a request that is known before its body. */
export function requestHead(
  res: UwsResponse,
  req: UwsRequest,
  trustProxy: boolean,
): Omit<HttpRequest, 'body'> {
  const headers = new Map<string, string>()
  req.forEach((name, value) => headers.set(name, value))
  return {
    method: req.getCaseSensitiveMethod(),
    path: req.getUrl(),
    query: req.getQuery(),
    headers,
    address: clientAddress(res, req, trustProxy),
  }
}

/** Calls `done` once, with the whole body, or with `too_large` as soon as that has been read past. */
function gatherBody(res: UwsResponse, done: (body: HttpRequest['body']) => void): void {
  let chunks: Buffer[] = []
  let bytes = 0
  let isDone = false
  const finish = (body: HttpRequest['body']): void => {
    if (isDone) return
    isDone = true
    chunks = []
    done(body)
  }
  res.onData((chunk, isLast) => {
    bytes += chunk.byteLength
    if (bytes <= bodyBytesMax) {
      // The chunk's memory is taken back after this callback.
      chunks.push(Buffer.from(new Uint8Array(chunk)))
      if (isLast) finish(Buffer.concat(chunks))
    } else if (isLast || bytes > bodyDiscardedBytesMax) {
      finish('too_large')
    }
  })
}

interface Exchange {
  aborted: boolean
}

async function answer(
  res: UwsResponse,
  exchange: Exchange,
  request: HttpRequest,
  { handler, log }: HttpMountOptions,
): Promise<void> {
  try {
    const response = await handler(request)
    if (exchange.aborted) return
    res.cork(() => writeResponse(res, request.method, response, request.body === 'too_large'))
  } catch (err) {
    log.error({ err }, 'a request could not be answered')
    if (!exchange.aborted) res.close()
  }
}

/** To be called in a cork. `unread`: the sender may not be through with its body, so it is told to close. */
export function writeResponse(
  res: UwsResponse,
  method: string,
  response: HttpResponse,
  unread: boolean,
): void {
  const { headers, body } = response
  writeHead(res, response)
  const close = headers['connection'] === 'close' || unread
  if (body === undefined) {
    res.endWithoutBody(undefined, close)
  } else if (method === 'HEAD') {
    res.endWithoutBody(Buffer.byteLength(body), close)
  } else {
    res.end(body, close)
  }
}

export function writeHead(res: UwsResponse, { status, headers }: Omit<HttpResponse, 'body'>): void {
  res.writeStatus(`${status} ${STATUS_CODES[status] ?? ''}`)
  for (const [name, value] of Object.entries(headers)) {
    // `end` writes this one itself when it is told to close.
    if (name !== 'connection') res.writeHeader(name, value)
  }
}
