// Who listens here to what: one subscription per subject or pattern, however many listen to it, and only
// while somebody does, or did a moment ago.
import type { Msg, Subscription } from 'nats'
import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import { Failure } from '../failure.ts'
import type { BusMessage, Unlisten } from './bus.ts'
import { Deadlines, type Expiring } from './deadlines.ts'
import type { Delivery, NatsArrivals } from './nats-arrivals.ts'
import type { NatsLink, Wish } from './nats-link.ts'
import { decode } from './nats-payload.ts'
import { assertPattern } from './subject-pattern.ts'

export type ListenHandler = (message: BusMessage, subject: string) => void

export interface NatsListenersOptions {
  readonly link: NatsLink
  readonly arrivals: NatsArrivals
  /** What the subjects of this bus begin with on NATS, the dot included. */
  readonly root: string
  readonly clock: Clock
  readonly log: Logger
  /** A subject that nobody listens to any more stays subscribed so long: people come back. */
  readonly lingerMs: number
  /** Told of a payload that cannot be read. */
  readonly onUnreadable: () => void
}

interface Listener {
  readonly handler: ListenHandler
  active: boolean
}

const nobody: readonly Listener[] = []

export class NatsListeners {
  readonly #options: NatsListenersOptions
  readonly #interests = new Map<string, Interest>()
  readonly #lingering: Deadlines

  constructor(options: NatsListenersOptions) {
    this.#options = options
    this.#lingering = new Deadlines(options.clock)
  }

  /** @throws Failure where NATS does not let this process hear the subject. */
  async listen(subject: string, handler: ListenHandler): Promise<Unlisten> {
    assertPattern(subject)
    const interest = this.#interestIn(subject)
    const listener = { handler, active: true }
    interest.listeners = interest.listeners.concat([listener])
    const unlisten = () => this.#remove(listener, interest)
    try {
      await this.#confirm(interest)
    } catch (error) {
      unlisten()
      throw error
    }
    return unlisten
  }

  #interestIn(subject: string): Interest {
    let interest = this.#interests.get(subject)
    if (interest === undefined) {
      interest = new Interest(subject, this.#options, (ended) => this.#forget(subject, ended))
      this.#interests.set(subject, interest)
      this.#options.link.subscribe(interest)
    }
    this.#lingering.remove(interest)
    return interest
  }

  /** Most who listen are not the first: what the server is known to have costs no question. */
  async #confirm(interest: Interest): Promise<void> {
    const { link } = this.#options
    if (!link.isConnected || interest.confirmedIn !== link.generation) {
      interest.confirmedIn = await link.synced()
    }
    if (interest.denied === undefined) return
    throw new Failure(`NATS does not let this process listen to ${interest.subject}.`, {
      hint: 'Let its user subscribe to everything under the prefix of the bus.',
      cause: interest.denied,
    })
  }

  #remove(listener: Listener, interest: Interest): void {
    if (!listener.active) return
    listener.active = false
    interest.listeners = interest.listeners.filter((other) => other !== listener)
    if (interest.listeners.length === 0) this.#lingering.add(interest)
  }

  #forget(subject: string, interest: Interest): void {
    this.#interests.delete(subject)
    this.#options.link.unsubscribe(interest)
  }
}

/** A subscription, and those who share it. */
class Interest implements Wish, Expiring {
  readonly subject: string
  live: Subscription | undefined
  denied: Error | undefined
  /** Replaced, never changed: a publication keeps those who listened when it came. */
  listeners: readonly Listener[] = nobody
  /** The generation of the link in which the server is known to have the subscription. */
  confirmedIn: number | undefined
  dueMs = 0
  readonly #options: NatsListenersOptions
  readonly #onEnd: (interest: Interest) => void

  constructor(subject: string, options: NatsListenersOptions, onEnd: (ended: Interest) => void) {
    this.subject = options.root + subject
    this.#options = options
    this.#onEnd = onEnd
  }

  get timeoutMs(): number {
    return this.#options.lingerMs
  }

  onMessage({ subject, data }: Msg): void {
    if (this.listeners.length === 0) return
    const decoded = decode(data)
    const { arrivals, root, log, onUnreadable } = this.#options
    if (decoded === undefined) {
      onUnreadable()
      return
    }
    arrivals.add(new Publication(this.listeners, subject.slice(root.length), decoded.message, log))
  }

  /** Nobody came back. */
  expire(): void {
    this.#onEnd(this)
  }
}

/** One message on its way to those who listened when it came. */
class Publication implements Delivery {
  readonly #listeners: readonly Listener[]
  readonly #subject: string
  readonly #message: BusMessage
  readonly #log: Logger

  constructor(listeners: readonly Listener[], subject: string, message: BusMessage, log: Logger) {
    this.#listeners = listeners
    this.#subject = subject
    this.#message = message
    this.#log = log
  }

  deliver(): void {
    for (const listener of this.#listeners) {
      if (!listener.active) continue
      try {
        listener.handler(this.#message, this.#subject)
      } catch (err) {
        this.#log.error({ err, subject: this.#subject }, 'a listener of the bus failed')
      }
    }
  }
}
