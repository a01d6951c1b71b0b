// Sends webhooks by HTTPS. The address of the receiver is looked up by the connection itself and judged
// there, so what was judged is what is connected to, whatever the name server says the next time. Node's own
// client follows no redirects and reads no proxy from the environment; both would lead past the judgement.
import { type LookupAddress, type LookupOptions, lookup as systemLookup } from 'node:dns'
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { LookupFunction } from 'node:net'
import { codeOf } from '../../platform/failure.ts'
import type { WebhookReach } from '../config.ts'
import type { Receipt } from '../core/webhooks/verdict.ts'
import {
  attemptMs as attemptMsDefault,
  inFlightPerWebhookMax,
  lookupMs,
  responseBytesMax,
  webhookIdleMs,
} from '../limits.ts'
import type { WebhookRequest, WebhookSender } from '../ports/webhook-sender.ts'
import { addressFault, urlFault } from './receiver-address.ts'

/** A name that leads where nothing is sent. */
class OutOfReachError extends Error {
  override readonly name = 'OutOfReachError'
}

/** How names become addresses: as Node's own `lookup`, when asked for all of them. */
export type Resolve = (
  hostname: string,
  options: LookupOptions & { readonly all: true },
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void

export interface HttpsWebhookSenderOptions extends WebhookReach {
  /** Default: the system's. */
  readonly resolve?: Resolve
  /** How long a receiver is waited for. Default: as `limits.ts` says. */
  readonly attemptMs?: number
}

export interface HttpsWebhookSender extends WebhookSender {
  /** Closes the connections that are kept open. */
  close(): void
}

export function createHttpsWebhookSender(options: HttpsWebhookSenderOptions): HttpsWebhookSender {
  const { resolve = systemLookup, attemptMs = attemptMsDefault } = options
  const keeping = {
    keepAlive: true,
    maxSockets: inFlightPerWebhookMax,
    maxFreeSockets: inFlightPerWebhookMax,
    timeout: webhookIdleMs,
    scheduling: 'fifo',
    lookup: judgedLookup(resolve, options),
  } as const
  const agents = { 'https:': new HttpsAgent(keeping), 'http:': new HttpAgent(keeping) }
  return {
    post: async (parcel, signal) => {
      const fault = urlFault(parcel.url, options)
      if (fault !== undefined) return { type: 'failed', reason: fault }
      return await posted(agents, parcel, AbortSignal.any([signal, AbortSignal.timeout(attemptMs)]))
    },
    objection: async (url) =>
      urlFault(url, options) ?? (await nameFault(new URL(url).hostname, resolve, options)),
    close: () => {
      for (const agent of Object.values(agents)) agent.destroy()
    },
  }
}

/** As Node's `lookup`, but an error for a name of which any address is out of reach. */
function judgedLookup(resolve: Resolve, reach: WebhookReach): LookupFunction {
  return (hostname, options, done) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      const fault = error ?? outOfReach(hostname, addresses, reach)
      const [first] = addresses ?? []
      if (fault !== undefined) done(fault, [])
      else if (options.all === true || first === undefined) done(null, addresses)
      else done(null, first.address, first.family)
    })
  }
}

function outOfReach(
  hostname: string,
  addresses: readonly LookupAddress[],
  reach: WebhookReach,
): OutOfReachError | undefined {
  const faults = addresses.flatMap(({ address }) => addressFault(address, reach) ?? [])
  return faults[0] === undefined ? undefined : new OutOfReachError(`${hostname}: ${faults[0]}`)
}

function nameFault(
  hostname: string,
  resolve: Resolve,
  reach: WebhookReach,
): Promise<string | undefined> {
  // A literal address was judged as part of the URL.
  if (hostname.startsWith('[')) return Promise.resolve(undefined)
  return new Promise((answer) => {
    const patience = setTimeout(
      () => answer(`${hostname} could not be looked up in time`),
      lookupMs,
    )
    resolve(hostname, { all: true }, (error, addresses) => {
      clearTimeout(patience)
      const fault = error ?? outOfReach(hostname, addresses, reach)
      answer(fault === undefined ? undefined : reasonOf(fault))
    })
  })
}

type Agents = { readonly 'https:': HttpsAgent; readonly 'http:': HttpAgent }

function posted(
  agents: Agents,
  { url: text, headers, body }: WebhookRequest,
  signal: AbortSignal,
): Promise<Receipt> {
  const url = new URL(text)
  const isPlain = url.protocol === 'http:'
  const request = isPlain ? httpRequest : httpsRequest
  const agent = isPlain ? agents['http:'] : agents['https:']
  return new Promise((resolve) => {
    const sent = request(url, {
      method: 'POST',
      headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      agent,
      signal,
    })
    sent.once('response', (response) => resolve(answered(response)))
    sent.on('error', (error) => resolve({ type: 'failed', reason: reasonOf(error) }))
    sent.end(body)
  })
}

/** The body is nothing to us: a little is read, so that the connection can be used again. */
async function answered(response: IncomingMessage): Promise<Receipt> {
  const { statusCode: status = 0, headers } = response
  let bytes = 0
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > responseBytesMax) response.destroy()
  })
  // The answer is its status: whatever happens to the rest of it changes nothing.
  response.on('error', () => {})
  const retryAfterMs = retryAfter(headers['retry-after'])
  return { type: 'answered', status, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }
}

/** Seconds, or a date. */
function retryAfter(header: string | undefined): number | undefined {
  if (header === undefined) return undefined
  if (/^\d{1,9}$/u.test(header)) return Number(header) * 1_000
  const atMs = Date.parse(header)
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - Date.now())
}

/** In words for whoever looks why nothing arrives; never what the receiver says. */
function reasonOf(error: Error): string {
  if (error instanceof OutOfReachError) return error.message
  const code = codeOf(error)
  if (code === 'ENOTFOUND') return 'its name leads to no address'
  if (
    error.name === 'TimeoutError' ||
    (error.cause as Error | undefined)?.name === 'TimeoutError'
  ) {
    return 'no answer in time'
  }
  if (code === 'ABORT_ERR') return 'broken off'
  return code ?? error.message
}
