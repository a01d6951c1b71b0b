// A hub with sockets that are lists: what a socket would have been sent, in the order it would have been.
import type { ConnectionCounts } from '../../../platform/connections/connection-counts.ts'
import { createMemoryConnectionCounts } from '../../../platform/connections/memory-connection-counts.ts'
import { createLogger } from '../../../platform/log.ts'
import { createMetrics, type Registry } from '../../../platform/metrics.ts'
import { createMemoryPresence } from '../../../platform/presence/memory-presence.ts'
import type { Presence } from '../../../platform/presence/presence.ts'
import { VirtualClock } from '../../../platform/testing/virtual-clock.ts'
import { parseChannel } from '../../../protocol/channels.ts'
import { jsonClientCodec, msgpackClientCodec } from '../../../protocol/client-codec.ts'
import type { Codec, Encoded } from '../../../protocol/codec.ts'
import { jsonCodec } from '../../../protocol/codec-json.ts'
import type { Publication, ServerMessage, SubscribeResult } from '../../../protocol/frames.ts'
import type { Identity } from '../../../protocol/identity.ts'
import { identity } from '../../testing/people.ts'
import { FakeStreams } from '../../testing/streams.ts'
import { createHub, type Hub } from '../hub.ts'
import type { SubscribeOptions, SubscribeOutcome, Subscriber } from '../subscriber.ts'
import { createTurn, type Flushable, type Turn } from '../turn.ts'

/** A socket which takes everything at once. */
export class FakeSocket implements Subscriber, Flushable {
  readonly client: string
  readonly identity: Identity | undefined
  readonly codec: Codec
  readonly topics = new Set<string>()
  /** All it was sent: the subscribe replies' results, and frames of pushes. */
  readonly got: (SubscribeResult | ServerMessage[])[] = []
  /** Whether it takes only what it must. */
  lags = false
  /** How often it was asked to look whether it lags behind what topics told it. */
  looks = 0
  readonly #turn: Turn
  #outbox: (SubscribeResult | Encoded)[] = []

  constructor(client: string, holder: Identity | undefined, codec: Codec, turn: Turn) {
    this.client = client
    this.identity = holder
    this.codec = codec
    this.#turn = turn
  }

  get user(): string {
    return this.identity?.userId ?? ''
  }

  joinTopic(topic: string): void {
    this.topics.add(topic)
  }

  leaveTopic(topic: string): void {
    this.topics.delete(topic)
  }

  toldByTopic(): void {
    this.looks += 1
  }

  push(message: Encoded | SubscribeResult): void {
    this.#outbox.push(message)
    if (this.#outbox.length === 1) this.#turn.enter('outbox', this)
  }

  offer(message: Encoded): void {
    if (!this.lags) this.push(message)
  }

  flush(): void {
    const due = this.#outbox
    this.#outbox = []
    for (const each of due) {
      if (typeof each === 'string' || each instanceof Uint8Array) {
        this.receive(this.codec.frame([each]))
      } else this.got.push(each)
    }
  }

  receive(frame: Encoded): void {
    const client = this.codec.name === 'json' ? jsonClientCodec : msgpackClientCodec
    this.got.push(client.decodeServer(frame))
  }

  get replies(): SubscribeResult[] {
    return this.got.filter((each): each is SubscribeResult => !Array.isArray(each))
  }

  /** Of every channel, those that came with a reply included, in order. */
  get publications(): Publication[] {
    return this.got.flatMap((each) => {
      if (!Array.isArray(each)) return each.publications ?? []
      return each.flatMap((message) =>
        'push' in message && 'pub' in message.push ? [message.push.pub] : [],
      )
    })
  }

  get offsets(): (number | undefined)[] {
    return this.publications.map(({ offset }) => offset)
  }
}

export class Air {
  readonly streams = new FakeStreams()
  readonly clock = new VirtualClock()
  readonly metrics: Registry = createMetrics({ role: 'test', ofProcess: false })
  readonly presence: Presence = createMemoryPresence()
  readonly connectionCounts: ConnectionCounts = createMemoryConnectionCounts()
  readonly turn: Turn
  readonly hub: Hub
  /** How often something was published, by topic. */
  readonly published: string[] = []
  readonly #sockets: FakeSocket[] = []
  #due: (() => void) | undefined

  constructor() {
    const log = createLogger({ name: 'test', level: 'silent' })
    this.turn = createTurn(log, (action) => {
      this.#due = action
    })
    const { lotBook, userFeed, talks, events } = this.streams
    const { turn, clock, metrics, presence, connectionCounts } = this
    this.hub = createHub({
      events,
      lotBook,
      userFeed,
      presence,
      connectionCounts,
      turn,
      clock,
      log,
      metrics,
      chatBook: talks.book,
      chatAir: { say: (said) => talks.line.tell(said.conversationId, said) },
      seesVisitors: (who, { sellerId }) => who?.userId === sellerId,
      streamEpoch: 'e',
    })
    this.hub.publishBy((topic, frame) => {
      this.published.push(topic)
      for (const socket of this.#sockets) if (socket.topics.has(topic)) socket.receive(frame)
    })
  }

  /** Of a user, by its id or as its token says. */
  socket(user?: string | Identity, codec: Codec = jsonCodec): FakeSocket {
    const client = `client-${this.#sockets.length}`
    const holder = typeof user === 'string' ? identity(user) : user
    const socket = new FakeSocket(client, holder, codec, this.turn)
    this.#sockets.push(socket)
    return socket
  }

  /** The end of the turn, and of those that it leads to. */
  endTurn(): void {
    const due = this.#due
    this.#due = undefined
    due?.()
  }

  /** Subscribes as the edge does: the reply is in the outbox as soon as the promise has resolved. */
  async subscribe(
    socket: FakeSocket,
    name: string,
    options: SubscribeOptions = {},
  ): Promise<SubscribeOutcome> {
    const channel = parseChannel(name)
    if (channel === undefined) throw new Error(`${name} is no channel`)
    const outcome = await this.hub.subscribe(socket, channel, options)
    if ('result' in outcome) socket.push(outcome.result)
    return outcome
  }

  /** The same, to the end of the turn; the result alone. */
  async joined(
    socket: FakeSocket,
    name: string,
    options: SubscribeOptions = {},
  ): Promise<SubscribeResult> {
    const outcome = await this.subscribe(socket, name, options)
    this.endTurn()
    if ('error' in outcome) throw new Error(outcome.error.message)
    return outcome.result
  }
}
