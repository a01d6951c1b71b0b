// A server that answers as Firebase Cloud Messaging does, keeps what it took, and knows what each phone
// would show. It stands in for FCM in tests, on a developer's machine and in the all-in-one process.
//
// It speaks plain HTTP: whoever sends to it lets the SDK's agent connect here (`FCM_ENDPOINT`).
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { LRUCache } from 'lru-cache'
import type { Clock } from '../clock.ts'
import { codeOf, Failure } from '../failure.ts'
import { uuidv7 } from '../ids.ts'
import type { Part } from '../lifecycle.ts'
import { systemClock } from '../system-clock.ts'
import {
  accepted,
  FCM_FAILURES,
  type FcmAnswer,
  type FcmFailure,
  invalidFields,
} from './fcm-answers.ts'
import { FcmPhone, type FcmPhoneView } from './fcm-phone.ts'
import { type FcmWireMessage, readFcmMessage } from './fcm-wire.ts'

export interface FcmBehaviour {
  /** `reset`: the connection breaks. `silence`: no answer ever comes. */
  readonly answer: 'accepted' | FcmFailure | 'reset' | 'silence'
  /** How long the answer takes. Default: none. */
  readonly afterMs?: number
  /** The header of the same name. */
  readonly retryAfterS?: number
  /** So many requests are answered like this, and those after them as usual. Default: all. */
  readonly times?: number
}

export interface FcmStandInOptions {
  /** 0 takes any free port; `endpoint` tells which. Default: 0. */
  readonly port?: number
  /** Of each phone so many deliveries are kept. Default: 100. */
  readonly keptPerPhoneMax?: number
  /** Told of each message that was taken. */
  readonly onTaken?: (message: FcmWireMessage, to: string) => void
  readonly clock?: Clock
}

export interface FcmStandIn extends Part {
  /** For `FCM_ENDPOINT`; only while it runs. */
  readonly endpoint: string
  /** Every request so far, however it was answered. */
  readonly requests: number
  /** How it answers what is sent to `token`; without a token, what is sent to any other. */
  behave(behaviour: FcmBehaviour, token?: string): void
  /** What this phone would show; undefined where nothing was ever sent to it. */
  phone(token: string): FcmPhoneView | undefined
  /** Those that something was sent to, the latest first. */
  phones(): FcmPhoneView[]
  /** From here on what is sent to the phone waits for it. */
  goAway(token: string): void
  comeBack(token: string): void
}

/** Those that were sent something last. */
const phonesMax = 10_000
const keptPerPhoneMaxDefault = 100
/** Far above what FCM takes; what is longer is not read to its end. */
const bodyBytesMax = 1_048_576
/** Longer than a sender's connections idle, so that none is closed under a request. */
const idleConnectionMs = 120_000
const sendPath = /^\/v1\/projects\/([^/]+)\/messages:send$/

/** @throws Failure from `start` where the port cannot be had */
export function createFcmStandIn(options: FcmStandInOptions = {}): FcmStandIn {
  return new StandIn(options)
}

class StandIn implements FcmStandIn {
  readonly name = 'FCM stand-in'
  readonly #options: FcmStandInOptions
  readonly #clock: Clock
  readonly #server: Server
  readonly #phones = new LRUCache<string, FcmPhone>({ max: phonesMax })
  readonly #behaviours = new Map<string | undefined, FcmBehaviour>()
  #requests = 0

  constructor(options: FcmStandInOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#server = createServer({ keepAliveTimeout: idleConnectionMs }, (request, response) => {
      void this.#answer(request, response).catch(() => request.socket.destroy())
    })
  }

  get endpoint(): string {
    const address = this.#server.address()
    if (typeof address !== 'object' || address === null) throw new Error('the stand-in runs not')
    return `http://127.0.0.1:${address.port}`
  }

  get requests(): number {
    return this.#requests
  }

  async start(): Promise<void> {
    const { port = 0 } = this.#options
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (error) => {
        reject(new Failure(`The stand-in for FCM cannot listen on port ${port}: ${codeOf(error)}.`))
      })
      this.#server.listen(port, '127.0.0.1', resolve)
    })
  }

  async drain(): Promise<void> {}

  async stop(): Promise<void> {
    if (!this.#server.listening) return
    const closed = new Promise((resolve) => this.#server.close(resolve))
    this.#server.closeAllConnections()
    await closed
  }

  behave(behaviour: FcmBehaviour, token?: string): void {
    this.#behaviours.set(token, behaviour)
  }

  phone(token: string): FcmPhoneView | undefined {
    return this.#phones.get(token)?.view()
  }

  phones(): FcmPhoneView[] {
    return [...this.#phones.values()].map((phone) => phone.view())
  }

  goAway(token: string): void {
    this.#phoneOf(token).goAway()
  }

  comeBack(token: string): void {
    this.#phoneOf(token).comeBack(this.#clock.nowMs())
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request)
    if (request.method === 'GET' && request.url === '/phones') {
      reply(response, { ...asJson, body: JSON.stringify(this.phones()) })
      return
    }
    this.#requests += 1
    const project = sendPath.exec(request.url ?? '')?.[1]
    if (request.method !== 'POST' || project === undefined) {
      reply(response, FCM_FAILURES.unknown_project)
      return
    }
    if (request.headers.authorization?.startsWith('Bearer ') !== true) {
      reply(response, FCM_FAILURES.unauthenticated)
      return
    }
    const read = readFcmMessage(body)
    if ('violations' in read) reply(response, invalidFields(read.violations))
    else if ('tooLarge' in read) reply(response, FCM_FAILURES.too_large)
    else await this.#behaveTo(read.to, () => this.#take(project, read), request, response)
  }

  async #behaveTo(
    to: string,
    take: () => FcmAnswer,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const { answer, afterMs = 0, retryAfterS } = this.#behaviourFor(to)
    if (afterMs > 0) await new Promise<void>((resolve) => this.#clock.after(afterMs, resolve))
    if (answer === 'silence') return
    if (answer === 'reset') request.socket.resetAndDestroy()
    else {
      const headers = retryAfterS === undefined ? {} : { 'retry-after': String(retryAfterS) }
      reply(response, answer === 'accepted' ? take() : FCM_FAILURES[answer], headers)
    }
  }

  #behaviourFor(token: string): FcmBehaviour {
    for (const whose of [token, undefined]) {
      const behaviour = this.#behaviours.get(whose)
      if (behaviour === undefined) continue
      const { times } = behaviour
      if (times === 1) this.#behaviours.delete(whose)
      else if (times !== undefined) this.#behaviours.set(whose, { ...behaviour, times: times - 1 })
      return behaviour
    }
    return { answer: 'accepted' }
  }

  #take(project: string, read: { message: FcmWireMessage; to: string }): FcmAnswer {
    const messageId = uuidv7()
    const atMs = this.#clock.nowMs()
    this.#phoneOf(read.to).take({ atMs, messageId, message: read.message })
    this.#options.onTaken?.(read.message, read.to)
    return accepted(project, messageId)
  }

  #phoneOf(token: string): FcmPhone {
    const known = this.#phones.get(token)
    if (known !== undefined) return known
    const phone = new FcmPhone(token, this.#options.keptPerPhoneMax ?? keptPerPhoneMaxDefault)
    this.#phones.set(token, phone)
    return phone
  }
}

const asJson = { status: 200, contentType: 'application/json; charset=UTF-8' }

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > bodyBytesMax) throw new Error('the body is too long')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function reply(
  response: ServerResponse,
  { status, contentType, body }: FcmAnswer,
  headers: Readonly<Record<string, string>> = {},
): void {
  const length = Buffer.byteLength(body)
  response
    .writeHead(status, { 'content-type': contentType, 'content-length': length, ...headers })
    .end(body)
}
