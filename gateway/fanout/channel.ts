// A stream and the sockets on it. A socket joins at a position it is told: the head at the instant it
// is put on the channel. Its reply leaves before the next flush does, so nothing between the position
// and the stream is lost or doubled.
import { errorObject } from '../../protocol/errors.ts'
import type { SubscribeResult } from '../../protocol/frames.ts'
import { channelLingerMs, loadTimeoutMs } from '../limits.ts'
import { secondsAfter } from '../session/seconds.ts'
import { type Sequenced, Stream, type StreamContext } from './stream.ts'
import type { RecoverFrom, SubscribeOptions, SubscribeOutcome, Subscriber } from './subscriber.ts'

/**
 * Puts the prepared socket on the channel and answers with the position read in the same instant;
 * undefined where the channel does not exist for this socket.
 */
export type Attach = () => SubscribeResult | undefined

/** What a sweep finds: to look again at the next one, to let it rest until something happens, or nobody needs it. */
export type Found = 'attend' | 'rest' | 'close'

/** A channel, as the sweeps see it. */
export interface Swept {
  readonly name: string
  /** Looks at deadlines. */
  tick(nowMs: number): Found
  /** Compares itself with the store. Never throws. */
  compare(): Promise<void>
  close(): void
}

/** What the channels of sockets share. */
export interface WatchedContext extends StreamContext {
  /** Has the next sweep look at the channel. */
  readonly attend: (channel: Swept) => void
}

interface Joining {
  readonly settle: (outcome: SubscribeOutcome) => void
  readonly deadlineMs: number
}

const unavailable: SubscribeOutcome = { error: errorObject('internal') }
const unknown: SubscribeOutcome = { error: errorObject('unknown_channel') }

export abstract class WatchedChannel<
  E extends Sequenced,
  C extends WatchedContext = WatchedContext,
> extends Stream<E, C> {
  /** Undefined while nobody joins, which is nearly always. */
  #joining: Map<Subscriber, Joining> | undefined
  /** Whole seconds are small enough to need no box of 16 bytes, which milliseconds do. */
  #idleSinceSeconds: number

  constructor(name: string, context: C) {
    super(name, context)
    this.#idleSinceSeconds = secondsAfter(context.clock.nowMs())
  }

  protected abstract readonly subscriberCount: number
  /** Gathers what `subscriber` needs in order to join. */
  protected abstract prepare(subscriber: Subscriber, options: SubscribeOptions): Promise<Attach>
  /** Takes it off, where it is on. */
  protected abstract detach(subscriber: Subscriber): void
  /** Has the socket leave the fan-out until `resume`; the newest seq it was told, or undefined where none may be skipped. */
  abstract pause(subscriber: Subscriber): number | undefined
  /** Tells the newest state, where it is newer than `seq`, and takes the socket back. */
  abstract resume(subscriber: Subscriber, seq: number): void

  subscribe(subscriber: Subscriber, options: SubscribeOptions): Promise<SubscribeOutcome> {
    return new Promise((settle) => {
      const nowMs = this.context.clock.nowMs()
      const joining = { settle, deadlineMs: nowMs + loadTimeoutMs }
      this.#joining ??= new Map()
      this.#joining.set(subscriber, joining)
      this.attendFrom(nowMs)
      void this.join(subscriber, options, joining)
    })
  }

  /** Also where `subscribe` is still pending. */
  unsubscribe(subscriber: Subscriber): void {
    if (!this.settle(subscriber, unavailable)) this.detach(subscriber)
    this.attendFrom(this.context.clock.nowMs())
  }

  /** Somebody comes or goes: until that has come to its end, the sweeps look at the channel. */
  private attendFrom(nowMs: number): void {
    this.#idleSinceSeconds = secondsAfter(nowMs)
    this.context.attend(this)
  }

  private async join(
    subscriber: Subscriber,
    options: SubscribeOptions,
    joining: Joining,
  ): Promise<void> {
    let outcome = unknown
    try {
      if (await this.open()) {
        if (options.recover === true && this.isOfThisStream(options)) {
          await this.catchUp(options.offset ?? 0)
        }
        const attach = await this.prepare(subscriber, options)
        // Whoever went away meanwhile, or waited too long, must not be put on the channel.
        if (this.#joining?.get(subscriber) !== joining) return
        const result = attach()
        if (result !== undefined) outcome = { result, channel: this.name }
      }
    } catch (error) {
      this.context.log.warn({ err: error, channel: this.name }, 'a channel could not be joined')
      outcome = unavailable
    }
    if (this.#joining?.get(subscriber) === joining) this.settle(subscriber, outcome)
  }

  private settle(subscriber: Subscriber, outcome: SubscribeOutcome): boolean {
    const joining = this.#joining?.get(subscriber)
    if (joining === undefined) return false
    this.#joining?.delete(subscriber)
    if (this.#joining?.size === 0) this.#joining = undefined
    joining.settle(outcome)
    return true
  }

  /** An epoch that the client does not name can not differ. */
  protected isOfThisStream({ epoch }: RecoverFrom): boolean {
    return epoch === undefined || epoch === '' || epoch === this.context.streamEpoch
  }

  /** Whether `from` is a position that this stream has had. */
  protected knows(from: RecoverFrom): boolean {
    return this.isOfThisStream(from) && (from.offset ?? 0) <= this.head
  }

  /** The fields that every subscribe reply has. */
  protected positionAt(offset: number): SubscribeResult {
    return { recoverable: true, positioned: true, epoch: this.context.streamEpoch, offset }
  }

  /** Looks at deadlines. It may go once nobody has been here for a while. */
  tick(nowMs: number): Found {
    for (const [subscriber, { deadlineMs }] of this.#joining ?? []) {
      if (nowMs >= deadlineMs) this.settle(subscriber, unavailable)
    }
    if (this.#joining !== undefined) return 'attend'
    if (this.subscriberCount > 0) return 'rest'
    const lingers = nowMs < this.#idleSinceSeconds * 1_000 + channelLingerMs
    return this.isOpen && lingers ? 'attend' : 'close'
  }

  override close(): void {
    super.close()
    for (const subscriber of this.#joining?.keys() ?? []) this.settle(subscriber, unavailable)
  }
}
