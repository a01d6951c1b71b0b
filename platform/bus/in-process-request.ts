// One request on its way within the process: asked in a turn of its own, answered once, or too late.
import {
  type BusMessage,
  BusTimeoutError,
  NoResponderError,
  nobody,
  RequestFailedError,
  silence,
} from './bus.ts'
import type { Expiring } from './deadlines.ts'

/** One who answers requests. */
export interface Server {
  readonly handler: (message: BusMessage) => Promise<BusMessage>
  /** Hears each request, whoever else does. */
  readonly everyone: boolean
  active: boolean
}

/** What a request needs of the bus that carries it. */
export interface Carrier {
  /** Whose turn it is to be asked, or everyone; none where nobody serves. */
  serversFor(subject: string): readonly Server[]
  /** The message as its receiver may have it. */
  passed(subject: string, message: BusMessage): BusMessage
  /** The request waits no longer. */
  settled(request: Request): void
  report(error: unknown, subject: string): void
}

export class Request implements Expiring {
  readonly timeoutMs: number
  dueMs = 0
  readonly reply: Promise<BusMessage>
  readonly #subject: string
  readonly #message: BusMessage
  readonly #carrier: Carrier
  // Both are set by the promise's executor, which runs within the constructor.
  #resolve: (reply: BusMessage) => void = unset
  #reject: (error: Error) => void = unset
  #isSettled = false

  constructor(subject: string, message: BusMessage, timeoutMs: number, carrier: Carrier) {
    this.#subject = subject
    this.#message = message
    this.timeoutMs = timeoutMs
    this.#carrier = carrier
    this.reply = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  /** Asks whom it is for. What first comes of it, a throw included, is the reply. */
  deliver(): void {
    if (this.#isSettled) return
    const servers = this.#carrier.serversFor(this.#subject)
    if (servers.length === 0) this.#fail(nobodyServes(this.#subject))
    for (const server of servers) void this.#ask(server)
  }

  expire(): void {
    this.#fail(new BusTimeoutError(`no reply from ${this.#subject} within ${this.timeoutMs} ms`))
  }

  async #ask(server: Server): Promise<void> {
    try {
      const reply = await server.handler(this.#message)
      if (reply === silence) return
      if (reply === nobody) {
        this.#fail(nobodyServes(this.#subject))
        return
      }
      const passed = this.#carrier.passed(this.#subject, reply)
      if (this.#settle()) this.#resolve(passed)
    } catch (error) {
      if (!this.#fail(serverFailed(error))) this.#carrier.report(error, this.#subject)
    }
  }

  #fail(error: Error): boolean {
    const isFirst = this.#settle()
    if (isFirst) this.#reject(error)
    return isFirst
  }

  /** Whether this is the first thing that comes of the request; whatever comes later is too late. */
  #settle(): boolean {
    if (this.#isSettled) return false
    this.#isSettled = true
    this.#carrier.settled(this)
    return true
  }
}

export function nobodyServes(subject: string): NoResponderError {
  return new NoResponderError(`nobody serves ${subject}`)
}

function serverFailed(cause: unknown): RequestFailedError {
  return new RequestFailedError(cause instanceof Error ? cause.message : String(cause), { cause })
}

function unset(): void {}
