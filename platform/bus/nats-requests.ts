// The asking end of requests on NATS: gathers those of one turn, and pairs the replies.
import type { Msg, Subscription } from 'nats'
import type { Clock } from '../clock.ts'
import {
  type BusMessage,
  BusTimeoutError,
  MessageTooLargeError,
  NoResponderError,
  RequestFailedError,
} from './bus.ts'
import { Deadlines, type Expiring } from './deadlines.ts'
import type { NatsLink, Wish } from './nats-link.ts'
import type { NatsMetrics } from './nats-metrics.ts'
import { decodeList, type Parcel, parcelsOf } from './nats-payload.ts'
import {
  batchSubject,
  isReply,
  type Reply,
  readBatchSubject,
  repliesSubject,
  togetherBytesMax,
  verdicts,
} from './nats-reply.ts'
import { assertSubject } from './subject-pattern.ts'

export interface NatsRequestsOptions {
  readonly link: NatsLink
  readonly metrics: NatsMetrics
  readonly root: string
  /** The subject, unlike any other process's, under which replies come here. */
  readonly inbox: string
  readonly clock: Clock
  /** Requests that travel together. 1 sends each by itself. */
  readonly togetherMax: number
}

export class NatsRequests implements Wish {
  readonly subject: string
  live: Subscription | undefined
  denied: Error | undefined
  readonly #options: NatsRequestsOptions
  readonly #deadlines: Deadlines
  /** By subject, those that wait for the end of the turn. */
  #gathered = new Map<string, Asked[]>()
  readonly #sent = new Map<number, Asked>()
  #lastId = 0

  constructor(options: NatsRequestsOptions) {
    this.#options = options
    this.#deadlines = new Deadlines(options.clock)
    this.subject = `${options.inbox}.*`
    options.link.subscribe(this)
  }

  /**
   * As `request` of the port. The message is written at the end of the turn, and must not change until
   * then.
   */
  async request(subject: string, message: BusMessage, timeoutMs: number): Promise<BusMessage> {
    assertSubject(subject)
    if (!this.#options.link.isConnected) throw nobodyServes(subject, sinceAway)
    return await new Promise<BusMessage>((resolve, reject) => {
      const asked = new Asked(subject, message, timeoutMs, resolve, reject, this.#sent)
      this.#deadlines.add(asked)
      this.#gather(asked)
    })
  }

  /** Sends what is gathered; called at the end of the turn, and when the bus is drained. */
  flush(): void {
    const gathered = this.#gathered
    this.#gathered = new Map()
    for (const [subject, asked] of gathered) this.#send(subject, asked)
  }

  onMessage({ subject, data, headers }: Msg): void {
    if (subject === repliesSubject(this.#options.inbox)) this.#onReplies(data)
    else if (data.length === 0 && headers?.code === 503) this.#onNobody(subject)
  }

  #gather(asked: Asked): void {
    let together = this.#gathered.get(asked.subject)
    if (together === undefined) {
      together = []
      this.#gathered.set(asked.subject, together)
      if (this.#gathered.size === 1) setImmediate(flushRequests, this)
    }
    if (together.push(asked) < this.#options.togetherMax) return
    this.#gathered.delete(asked.subject)
    this.#send(asked.subject, together)
  }

  #send(subject: string, gathered: readonly Asked[]): void {
    const waiting = gathered.filter(({ isSettled }) => !isSettled)
    if (waiting.length === 0) return
    const bytesMax = Math.min(togetherBytesMax, this.#options.link.payloadBytesMax)
    for (const parcel of parcelsOf(waiting, ({ message }) => message, bytesMax)) {
      const error = this.#sendParcel(subject, parcel)
      if (error !== undefined) this.#settle(parcel.items, (asked) => asked.reject(error))
    }
  }

  /** Why it cannot be sent, where it cannot. */
  #sendParcel(subject: string, { items, payload }: Parcel<Asked>): Error | undefined {
    if (payload instanceof Error) return payload
    const { link, metrics, inbox, root } = this.#options
    const batch = { firstId: this.#lastId + 1, count: items.length }
    const obstacle = link.send(root + subject, payload, batchSubject(inbox, batch))
    if (obstacle === 'too_large') return tooLarge(subject, payload.length, link.payloadBytesMax)
    if (obstacle !== undefined) {
      return nobodyServes(subject, obstacle === 'away' ? sinceAway : sinceBackedUp)
    }
    metrics.requestsTogether(items.length)
    for (const asked of items) {
      this.#lastId += 1
      asked.id = this.#lastId
      this.#sent.set(asked.id, asked)
    }
    return undefined
  }

  #onReplies(payload: Uint8Array): void {
    for (const reply of decodeList(payload) ?? [undefined]) {
      if (isReply(reply)) this.#onReply(reply)
      else this.#options.metrics.dropped('unreadable')
    }
  }

  #onReply([id, verdict, contents]: Reply): void {
    const asked = this.#sent.get(id)
    // Too late: whoever asked has given up.
    if (asked === undefined) return
    this.#settle([asked], () => {
      if (verdict === verdicts.served) asked.resolve(contents)
      else if (verdict === verdicts.failed) asked.reject(new RequestFailedError(String(contents)))
      else asked.reject(nobodyServes(asked.subject))
    })
  }

  #onNobody(subject: string): void {
    const batch = readBatchSubject(subject)
    if (batch === undefined) return
    for (let nth = 0; nth < batch.count; nth += 1) {
      const asked = this.#sent.get(batch.firstId + nth)
      if (asked !== undefined)
        this.#settle([asked], () => asked.reject(nobodyServes(asked.subject)))
    }
  }

  #settle(all: readonly Asked[], settle: (asked: Asked) => void): void {
    for (const asked of all) {
      asked.isSettled = true
      this.#deadlines.remove(asked)
      if (asked.id !== undefined) this.#sent.delete(asked.id)
      settle(asked)
    }
  }
}

/** One request that waits for its reply. */
class Asked implements Expiring {
  readonly subject: string
  readonly message: BusMessage
  readonly timeoutMs: number
  readonly resolve: (reply: BusMessage) => void
  readonly reject: (error: Error) => void
  readonly #sent: Map<number, Asked>
  dueMs = 0
  /** Once it is sent. */
  id: number | undefined
  isSettled = false

  constructor(
    subject: string,
    message: BusMessage,
    timeoutMs: number,
    resolve: (reply: BusMessage) => void,
    reject: (error: Error) => void,
    sent: Map<number, Asked>,
  ) {
    this.subject = subject
    this.message = message
    this.timeoutMs = timeoutMs
    this.resolve = resolve
    this.reject = reject
    this.#sent = sent
  }

  expire(): void {
    this.isSettled = true
    if (this.id !== undefined) this.#sent.delete(this.id)
    this.reject(new BusTimeoutError(`no reply from ${this.subject} within ${this.timeoutMs} ms`))
  }
}

function flushRequests(requests: NatsRequests): void {
  requests.flush()
}

/** What was not sent reached nobody: whoever asks may ask again, as where nobody serves. */
function nobodyServes(subject: string, why = ''): NoResponderError {
  return new NoResponderError(`nobody serves ${subject}${why}`)
}

const sinceAway = ', since NATS is away'
const sinceBackedUp = ', since NATS does not keep up'

function tooLarge(subject: string, bytes: number, bytesMax: number): MessageTooLargeError {
  return new MessageTooLargeError(
    `a request to ${subject} has ${bytes} bytes, and NATS takes ${bytesMax}`,
  )
}
