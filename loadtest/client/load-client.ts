// One device of a load test. It speaks the protocol as the public SDKs do: connects, subscribes, answers pings,
// comes back by itself with a growing, random pause, and recovers every stream from where it was. What it
// hears it tells one observer that all devices share.
import { performance } from 'node:perf_hooks'
import type { ClientCodec, WireCommand } from '../../protocol/client-codec.ts'
import { shouldReconnect } from '../../protocol/close-codes.ts'
import { FrameError } from '../../protocol/codec.ts'
import type { ErrorObject } from '../../protocol/errors.ts'
import type {
  ConnectResult,
  HistoryResult,
  Publication,
  Push,
  ServerMessage,
  SubscribeResult,
} from '../../protocol/frames.ts'
import type { MethodName } from '../../protocol/methods.ts'
import { backoffMs } from './backoff.ts'
import { type Followed, follow, hasToReadBack, isNewTo, moveOn } from './followed.ts'
import type { FrameReader } from './frame-memory.ts'
import { type Endpoint, LightSocket } from './light-socket.ts'
import type { LoadObserver } from './load-observer.ts'
import { type Answered, isReply, Questions } from './questions.ts'

export interface LoadClientOptions {
  /** Tried in turn, the first at first. */
  readonly endpoints: readonly Endpoint[]
  readonly codec: ClientCodec
  /** Of the codec; one for all devices of a process. */
  readonly frames: FrameReader
  readonly observer: LoadObserver
  /** Uniform in [0, 1); seeded, so that a run can be had again. */
  readonly random: () => number
}

/** The reason of a connection that `lose` ended. */
export const droppedOnPurpose = 'dropped on purpose'

/** As many publications as a page of a history has. */
const pageLimit = 300
/** How long after the ping that should have come a connection is taken for lost. */
const pingGraceMs = 10_000

export class LoadClient extends LightSocket {
  /** Its number in the run. */
  readonly nth: number
  readonly #options: LoadClientOptions
  readonly #token: string | undefined
  readonly #localAddress: string | undefined
  readonly #followed: Followed[] = []
  readonly #questions = new Questions()
  #attempts = 0
  #sinceMs = 0
  #heardMs = 0
  #pingMs = 0
  /** Within what time the server wants it to come back; undefined where it named none. */
  #spreadMs: number | undefined
  #isConnected = false
  #isWanted = false
  #comingBack: NodeJS.Timeout | undefined
  /** When the connection was lost; undefined while it has all that it had. */
  #lostMs: number | undefined
  /** Streams that were asked for and are not there yet. */
  #awaited = 0
  /** How many streams it followed when it said its greeting; the others are asked for after the answer. */
  #greetedWith = 0

  /**
   * @param nth its number in the run
   * @param token absent: an anonymous watcher
   * @param localAddress the source address, where the machine has several
   */
  constructor(options: LoadClientOptions, nth: number, token?: string, localAddress?: string) {
    super()
    this.#options = options
    this.nth = nth
    this.#token = token
    this.#localAddress = localAddress
  }

  /** Whether the server has said hello, and the connection stands. */
  get isConnected(): boolean {
    return this.#isConnected
  }

  /** The offset that it has of a channel; undefined where it has none. */
  offsetOf(channel: string): number | undefined {
    return this.#followed.find((each) => each.channel === channel)?.position?.offset
  }

  /** Connects, and comes back whenever the connection is lost, until `leave`. */
  connect(): void {
    if (this.#isWanted) return
    this.#isWanted = true
    this.#dial()
  }

  /** Leaves for good. */
  leave(): void {
    this.#isWanted = false
    clearTimeout(this.#comingBack)
    this.close()
  }

  /** How much it lacks of its streams, up to these ends; 0 where it has come to all of them. */
  lagTo(ends: Readonly<Record<string, number>>): number {
    return this.#followed.reduce((lag, { channel, position }) => {
      const end = ends[channel] ?? -1
      return lag + Math.max(0, end - (position?.offset ?? -1))
    }, 0)
  }

  /** Loses the connection as a device loses its network, and comes back. */
  lose(): void {
    this.drop(droppedOnPurpose)
  }

  /** Follows a channel from now on, over all its connections. */
  subscribe(channel: string): void {
    const followed = this.#follow(channel, false)
    if (this.#isConnected) this.#say([this.#subscribing(followed)])
  }

  /** Asks, once. Whoever hears of a lost connection asks again, with the same ids in `data`. */
  rpc(method: MethodName, data: unknown, answered: Answered): void {
    if (!this.#isConnected) return answered(undefined, undefined)
    const id = this.#questions.expect((result, error) =>
      answered((result as RpcResult | undefined)?.data, error),
    )
    this.#say([{ id, rpc: { method, data } }])
  }

  /** To be called now and then: lets go of a connection on which the server's pings have ceased. */
  checkPulse(nowMs: number): void {
    if (!this.#isConnected || this.#pingMs === 0) return
    if (nowMs - this.#heardMs > this.#pingMs + pingGraceMs) this.drop('no ping')
  }

  /** All in one frame, as the SDKs do: whoever is new has its streams after one round trip. */
  protected override opened(): void {
    const id = this.#questions.expect((result, error) => {
      if (result !== undefined) return this.#greeted(result as ConnectResult)
      if (error === undefined) return
      if (error.temporary !== true) this.#isWanted = false
      this.drop(`${error.message} (${error.code})`)
    })
    const token = this.#token === undefined ? {} : { token: this.#token }
    const own = this.#followed.filter(({ isServerSide }) => !isServerSide)
    this.#greetedWith = this.#followed.length
    this.#say([
      { id, connect: { ...token, subs: this.#serverSidePositions() } },
      ...own.map((followed) => this.#subscribing(followed)),
    ])
  }

  protected override received(message: Buffer, isBinary: boolean): void {
    this.#heardMs = performance.now()
    let messages: readonly ServerMessage[]
    try {
      messages = this.#options.frames.read(message, isBinary)
    } catch (error) {
      if (!(error instanceof FrameError)) throw error
      return this.drop(`a frame that does not parse: ${error.message}`)
    }
    for (const each of messages) this.#take(each)
  }

  protected override ended(code: number, reason: string): void {
    const wasConnected = this.#isConnected
    this.#isConnected = false
    if (wasConnected) this.#lostMs ??= performance.now()
    if (!shouldReconnect(code)) this.#isWanted = false
    const isFinal = !this.#isWanted
    this.#options.observer.disconnected(this, { code, reason, wasConnected, isFinal })
    this.#questions.lose()
    this.#awaited = 0
    // What was not heard of them is asked for on the next connection, from where they stand.
    for (const followed of this.#followed) followed.held = undefined
    if (this.#isWanted) this.#comeBack()
  }

  #dial(): void {
    const { endpoints } = this.#options
    const endpoint = endpoints[(this.nth + this.#attempts) % endpoints.length]
    if (endpoint === undefined) throw new RangeError('there is no server to connect to')
    this.#sinceMs = performance.now()
    this.open(endpoint, this.#localAddress)
  }

  /** After a random pause: below what the server asked for, else below one that doubles each time. */
  #comeBack(): void {
    const { random } = this.#options
    const delayMs =
      this.#spreadMs === undefined ? backoffMs(this.#attempts, random()) : random() * this.#spreadMs
    this.#spreadMs = undefined
    this.#attempts += 1
    this.#comingBack = setTimeout(() => this.#dial(), delayMs)
  }

  #greeted(hello: ConnectResult): void {
    this.#isConnected = true
    this.#attempts = 0
    this.#pingMs = hello.ping * 1_000
    this.#options.observer.connected(this, hello, this.#sinceMs)
    const late = this.#followed.slice(this.#greetedWith)
    if (late.length > 0) this.#say(late.map((followed) => this.#subscribing(followed)))
    for (const [channel, result] of Object.entries(hello.subs)) {
      this.#joined(this.#serverSide(channel), result)
    }
    this.#checkReturn()
  }

  #take(message: ServerMessage): void {
    if ('push' in message) return this.#takePush(message.push)
    if (!isReply(message)) return this.send(this.#options.codec.encodeCommands([{}]))
    this.#questions.answer(message)
  }

  #takePush(push: Push['push']): void {
    const { observer } = this.#options
    if ('disconnect' in push) {
      this.#spreadMs = push.disconnect.spreadMs
      return
    }
    const followed = this.#followed.find(({ channel }) => channel === push.channel)
    if ('pub' in push) {
      if (followed?.held !== undefined) return void followed.held.push(push.pub)
      if (followed !== undefined) this.#hear(followed, push.pub)
      else observer.published(this, push.channel, push.pub)
    } else if ('unsubscribe' in push) {
      const { code, reason } = push.unsubscribe
      observer.refused(this, push.channel, { code, message: reason })
      // As the SDKs: from 2500 on the stream is to be asked for again.
      if (code >= 2_500 && followed !== undefined) this.#say([this.#subscribing(followed)])
    }
  }

  #joined(followed: Followed, result: SubscribeResult): void {
    const { offset, epoch } = result
    followed.refusals = 0
    if (hasToReadBack(followed, result)) return this.#readBack(followed, result)
    this.#options.observer.subscribed(this, followed.channel, result)
    if (offset !== undefined && epoch !== undefined) followed.position = { offset, epoch }
  }

  /** As an app does: what it missed comes page by page and in its place, and what is new waits for it. */
  #readBack(followed: Followed, joined: SubscribeResult): void {
    this.#awaited += 1
    followed.held = []
    this.#options.observer.readsBack(this, followed.channel)
    this.#readPage(followed, joined)
  }

  #readPage(followed: Followed, joined: SubscribeResult): void {
    const { channel, position: since } = followed
    const id = this.#questions.expect((result, error) => {
      if (error?.temporary === true) {
        return this.#later(followed, () => this.#readPage(followed, joined))
      }
      if (result === undefined && error === undefined) return
      const { publications = [] } = (result ?? {}) as Partial<HistoryResult>
      for (const publication of publications) this.#hear(followed, publication)
      const isThere = (followed.position?.offset ?? 0) >= (joined.offset ?? 0)
      if (publications.length > 0 && !isThere) return this.#readPage(followed, joined)
      const { held = [] } = followed
      followed.held = undefined
      // What is held may have been in the last page as well.
      const news = held.filter((publication) => isNewTo(followed, publication))
      for (const publication of news) this.#hear(followed, publication)
      this.#awaited -= 1
      this.#checkReturn()
    })
    this.#say([{ id, history: { channel, limit: pageLimit, ...(since && { since }) } }])
  }

  #hear(followed: Followed, publication: Publication): void {
    moveOn(followed, publication)
    this.#options.observer.published(this, followed.channel, publication)
  }

  #checkReturn(): void {
    if (this.#lostMs === undefined || this.#awaited > 0) return
    const ms = performance.now() - this.#lostMs
    this.#lostMs = undefined
    this.#options.observer.returned(this, ms)
  }

  #serverSide(channel: string): Followed {
    const known = this.#followed.find((each) => each.channel === channel)
    if (known !== undefined) return known
    return this.#follow(channel, true)
  }

  #follow(channel: string, isServerSide: boolean): Followed {
    const followed = follow(channel, isServerSide)
    this.#followed.push(followed)
    return followed
  }

  #serverSidePositions() {
    const positions = this.#followed.flatMap(({ channel, isServerSide, position }) =>
      isServerSide && position !== undefined ? [[channel, { ...position, recover: true }]] : [],
    )
    return Object.fromEntries(positions)
  }

  #subscribing(followed: Followed): WireCommand {
    this.#awaited += 1
    const id = this.#questions.expect((result, error) => {
      this.#awaited -= 1
      if (result !== undefined) {
        this.#joined(followed, result as SubscribeResult)
        this.#checkReturn()
      } else if (error !== undefined) this.#refused(followed, error)
    })
    const { channel, position } = followed
    const recovery = position === undefined ? {} : { ...position, recover: true }
    return { id, subscribe: { channel, ...recovery } }
  }

  /** What is refused only for now is asked for again, after a growing pause. */
  #refused(followed: Followed, error: ErrorObject): void {
    this.#options.observer.refused(this, followed.channel, error)
    if (error.temporary !== true) return this.#checkReturn()
    this.#awaited += 1
    this.#later(followed, () => {
      this.#awaited -= 1
      this.#say([this.#subscribing(followed)])
    })
  }

  /** After a growing pause; not at all on another connection, which has begun with all its streams anew. */
  #later(followed: Followed, act: () => void): void {
    const sinceMs = this.#sinceMs
    const delayMs = backoffMs(followed.refusals, this.#options.random())
    followed.refusals += 1
    setTimeout(() => {
      if (sinceMs === this.#sinceMs && this.#isConnected) act()
    }, delayMs)
  }

  #say(commands: readonly WireCommand[]): void {
    this.send(this.#options.codec.encodeCommands(commands))
  }
}

interface RpcResult {
  readonly data: unknown
}
