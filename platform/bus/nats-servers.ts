// The serving end of requests on NATS: unpacks those that travelled together, and gathers the replies.
import type { Msg, Subscription } from 'nats'
import { Failure } from '../failure.ts'
import { type BusMessage, nobody, type ServeOptions, silence, type Unlisten } from './bus.ts'
import type { Delivery, NatsArrivals } from './nats-arrivals.ts'
import type { NatsLink, Wish } from './nats-link.ts'
import { decodeList, type Parcel, parcelsOf } from './nats-payload.ts'
import {
  type Reply,
  readBatchSubject,
  repliesSubject,
  togetherBytesMax,
  type Verdict,
  verdicts,
} from './nats-reply.ts'
import { assertPattern } from './subject-pattern.ts'

export type ServeHandler = (message: BusMessage) => Promise<BusMessage>

export interface NatsServersOptions {
  readonly link: NatsLink
  readonly arrivals: NatsArrivals
  readonly root: string
  /** Replies that travel together. 1 sends each by itself. */
  readonly togetherMax: number
  readonly onUnreadable: () => void
}

/**
 * All servers share all requests, whatever queue they name: a request is carried out once. So there is
 * one queue group on NATS, which spans subjects and patterns alike. Those that serve as `everyone` are in
 * none.
 */
const queue = 'servers'

export class NatsServers {
  readonly #options: NatsServersOptions
  /** By inbox, the replies that wait for the end of the turn. */
  #gathered = new Map<string, Reply[]>()

  constructor(options: NatsServersOptions) {
    this.#options = options
  }

  /** @throws Failure where NATS does not let this process hear the subject. */
  async serve(
    subject: string,
    handler: ServeHandler,
    { everyone = false }: ServeOptions = {},
  ): Promise<Unlisten> {
    assertPattern(subject)
    const { link, root } = this.#options
    const server = new Server(root + subject, handler, everyone, this)
    link.subscribe(server)
    const unlisten = () => {
      server.isActive = false
      link.leave(server)
    }
    try {
      await link.synced()
    } catch (error) {
      unlisten()
      throw error
    }
    if (server.denied === undefined) return unlisten
    unlisten()
    throw new Failure(`NATS does not let this process serve ${server.subject}.`, {
      hint: 'Let its user subscribe to everything under the prefix of the bus.',
      cause: server.denied,
    })
  }

  /** Sends what is gathered; called at the end of the turn, and when the bus is drained. */
  flush(): void {
    const gathered = this.#gathered
    this.#gathered = new Map()
    for (const [inbox, replies] of gathered) this.#send(inbox, replies)
  }

  /** Requests have come for one server. */
  take(server: Server, { reply: replySubject, data }: Msg): void {
    const batch = readBatchSubject(replySubject ?? '')
    const messages = decodeList(data)
    if (batch === undefined || messages?.length !== batch.count) {
      this.#options.onUnreadable()
      return
    }
    for (const [nth, message] of messages.entries()) {
      this.#options.arrivals.add(
        new Asking(server, message, batch.firstId + nth, batch.inbox, this),
      )
    }
  }

  reply(inbox: string, id: number, verdict: Verdict, contents: unknown): void {
    let together = this.#gathered.get(inbox)
    if (together === undefined) {
      together = []
      this.#gathered.set(inbox, together)
      if (this.#gathered.size === 1) setImmediate(flushReplies, this)
    }
    if (together.push([id, verdict, contents]) < this.#options.togetherMax) return
    this.#gathered.delete(inbox)
    this.#send(inbox, together)
  }

  #send(inbox: string, replies: readonly Reply[]): void {
    const bytesMax = Math.min(togetherBytesMax, this.#options.link.payloadBytesMax)
    for (const parcel of parcelsOf(replies, (reply) => reply, bytesMax)) {
      const why = this.#sendParcel(inbox, parcel)
      const [id, verdict] = parcel.items[0] ?? []
      if (why === undefined || id === undefined || verdict === verdicts.failed) continue
      this.#send(inbox, [[id, verdicts.failed, `the reply cannot be sent: ${why}`]])
    }
  }

  /** Why this reply can never be sent, where it cannot. While NATS is away it is lost, as others are. */
  #sendParcel(inbox: string, { payload }: Parcel<Reply>): string | undefined {
    if (payload instanceof Error) return payload.message
    const obstacle = this.#options.link.send(repliesSubject(inbox), payload)
    return obstacle === 'too_large' ? 'it is larger than NATS takes' : undefined
  }
}

/** One who answers requests. */
class Server implements Wish {
  readonly subject: string
  readonly queue: string | undefined
  readonly handler: ServeHandler
  live: Subscription | undefined
  denied: Error | undefined
  isActive = true
  readonly #servers: NatsServers

  constructor(subject: string, handler: ServeHandler, everyone: boolean, servers: NatsServers) {
    this.subject = subject
    this.queue = everyone ? undefined : queue
    this.handler = handler
    this.#servers = servers
  }

  onMessage(message: Msg): void {
    this.#servers.take(this, message)
  }
}

/** One request that waits for its turn. */
class Asking implements Delivery {
  readonly #server: Server
  readonly #message: BusMessage
  readonly #id: number
  readonly #inbox: string
  readonly #servers: NatsServers

  constructor(
    server: Server,
    message: BusMessage,
    id: number,
    inbox: string,
    servers: NatsServers,
  ) {
    this.#server = server
    this.#message = message
    this.#id = id
    this.#inbox = inbox
    this.#servers = servers
  }

  deliver(): void {
    // The asker learns at once that the server has left, and finds the next one. Where everyone heard it that
    // is not for the bus to say.
    if (this.#server.isActive || this.#server.queue === undefined) void this.#ask()
    else this.#reply(verdicts.nobody, undefined)
  }

  async #ask(): Promise<void> {
    try {
      const reply = await this.#server.handler(this.#message)
      if (reply === nobody) this.#reply(verdicts.nobody, undefined)
      else if (reply !== silence) this.#reply(verdicts.served, reply)
    } catch (error) {
      this.#reply(verdicts.failed, error instanceof Error ? error.message : String(error))
    }
  }

  #reply(verdict: Verdict, contents: unknown): void {
    this.#servers.reply(this.#inbox, this.#id, verdict, contents)
  }
}

function flushReplies(servers: NatsServers): void {
  servers.flush()
}
