// One ordered stream of events, from the bus and healed from the store. The bus may lose, double and
// reorder; what comes out of here has no gap and nothing twice.
//
// The two numbers that matter: `tail` is the newest event gathered, `head` the newest that was told
// to the sockets. The head moves at the flush at the end of a turn and only there.
import type { Clock, Timer } from '../../platform/clock.ts'
import type { Logger } from '../../platform/log.ts'
import { earlyEventsMax, healRetryMs } from '../limits.ts'
import type { Unlisten } from '../ports/event-source.ts'
import { none } from './few.ts'
import type { FanoutMetrics } from './metrics.ts'
import type { Publish } from './subscriber.ts'
import type { Flushable, Phase, Turn } from './turn.ts'

/** What every channel of a hub shares. */
export interface StreamContext {
  readonly turn: Turn
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: FanoutMetrics
  readonly streamEpoch: string
  readonly publish: Publish
}

export interface Sequenced {
  readonly seq: number
}

// There is one of these for each user here, so what follows from other fields is no field, and methods are
// `private` by type, since the first `#method` of a class takes 8 bytes of each object. That, with the same done to
// channels and sockets, took 85 bytes off the 1,418 that a connection has on the heap.
export abstract class Stream<E extends Sequenced, C extends StreamContext = StreamContext>
  implements Flushable
{
  /** Shared by all sockets on the channel, which keep it as their own. */
  readonly name: string
  protected readonly context: C
  protected head = 0
  #gathered: readonly E[] = none
  /** What arrives while the stream is being loaded or healed; undefined while it just flows. */
  #early: E[] | undefined
  /** Ends the listening; a promise while that is about to begin. */
  #listening: Unlisten | Promise<boolean> | undefined
  #healing: Promise<void> | undefined
  #retry: Timer | undefined
  #flushWaiters: (() => void)[] | undefined
  #closed = false

  constructor(name: string, context: C) {
    this.name = name
    this.context = context
  }

  protected abstract readonly phase: Phase
  /** Has the events of the bus `arrive`; what a stale owner says is left out. */
  protected abstract listen(): Promise<Unlisten>
  /** Reads the present state and answers its seq; undefined where there is no such channel. */
  protected abstract load(): Promise<number | undefined>
  /** The seq of the present state in the store. */
  protected abstract storedSeq(): Promise<number>
  /** What the store has after `seq`, in order and without a gap. */
  protected abstract missed(seq: number): Promise<readonly E[]>
  /** The first seq that the event stands for. */
  protected abstract firstSeq(event: E): number
  /** The event as one that stands for everything after `seq` too; undefined where none may be skipped. */
  protected abstract bridge(event: E, seq: number): E | undefined
  /** Tells the sockets. */
  protected abstract tell(events: readonly E[]): void

  /** Listens first and reads then, so that no event falls between; all who come meanwhile share it. */
  open(): Promise<boolean> {
    if (typeof this.#listening === 'function') return Promise.resolve(true)
    this.#listening ??= this.openNow().finally(() => {
      if (typeof this.#listening !== 'function') this.#listening = undefined
    })
    return this.#listening
  }

  private async openNow(): Promise<boolean> {
    this.#early = []
    const unlisten = await this.listen()
    try {
      const seq = await this.load()
      if (seq === undefined || this.#closed) {
        unlisten()
        return false
      }
      this.head = seq
      this.#listening = unlisten
    } catch (error) {
      unlisten()
      throw error
    }
    const early = this.takeEarly()
    this.accept(early)
    return true
  }

  /** Lets go of everything. */
  close(): void {
    this.#closed = true
    this.#retry?.cancel()
    const unlisten = this.#listening
    if (typeof unlisten !== 'function') return
    unlisten()
    this.#listening = undefined
  }

  protected arrive(events: readonly E[]): void {
    if (this.#early === undefined) this.accept(events)
    else if (this.#early.length < earlyEventsMax) this.#early.push(...events)
    // Beyond the bound events are forgotten: whoever follows shows the gap, and it is healed.
  }

  private accept(events: readonly E[]): void {
    for (const [at, event] of events.entries()) {
      if (event.seq <= this.tail) this.context.metrics.stale.inc()
      else if (this.firstSeq(event) > this.tail + 1) {
        this.#early = events.slice(at)
        void this.heal()
        return
      } else this.gather(event)
    }
  }

  private get tail(): number {
    return this.#gathered.at(-1)?.seq ?? this.head
  }

  private gather(event: E): void {
    if (this.#gathered.length === 0) {
      this.#gathered = [event]
      this.context.turn.enter(this.phase, this)
    } else (this.#gathered as E[]).push(event)
  }

  /** The end of the turn: what was gathered is told, and the head moves. */
  flush(): void {
    const events = this.#gathered
    const last = events.at(-1)
    if (last === undefined) return
    this.#gathered = none
    this.tell(events)
    this.head = last.seq
    const waiters = this.#flushWaiters
    this.#flushWaiters = undefined
    for (const go of waiters ?? []) go()
  }

  /** Reads what the bus lost. Never throws: what cannot be read now is tried again later. */
  heal(): Promise<void> {
    this.#healing ??= this.healNow()
    return this.#healing
  }

  private async healNow(): Promise<void> {
    this.#early ??= []
    this.#retry?.cancel()
    this.#retry = undefined
    try {
      for (const event of await this.missed(this.tail)) {
        if (event.seq > this.tail) this.gather(event)
      }
      this.context.metrics.healed.inc({ outcome: 'read' })
    } catch (error) {
      this.context.metrics.healed.inc({ outcome: 'failed' })
      this.context.log.warn({ err: error, channel: this.name }, 'a gap could not be read')
    }
    // Before going on, which may find the next gap and heal again.
    this.#healing = undefined
    if (!this.#closed) this.goOn()
  }

  private takeEarly(): E[] {
    const early = this.#early ?? []
    this.#early = undefined
    return early.toSorted((a, b) => a.seq - b.seq)
  }

  /** Goes on with what arrived meanwhile. Where it still does not join on, newer states stand for older ones. */
  private goOn(): void {
    const early = this.takeEarly()
    for (const [at, event] of early.entries()) {
      if (event.seq <= this.tail) continue
      const contiguous = this.firstSeq(event) <= this.tail + 1
      const next = contiguous ? event : this.bridge(event, this.tail)
      if (next === undefined) {
        this.#early = early.slice(at)
        this.#retry = this.context.clock.after(healRetryMs, () => void this.heal())
        return
      }
      this.gather(next)
    }
  }

  /**
   * Waits until the head has reached `seq`, where the store has it: a client may know more than this
   * gateway does yet, and is never told to go back.
   */
  protected async catchUp(seq: number): Promise<void> {
    if (this.tail < seq) await this.heal()
    while (this.head < Math.min(seq, this.tail)) {
      await new Promise<void>((go) => {
        this.#flushWaiters ??= []
        this.#flushWaiters.push(go)
      })
    }
  }

  /** Whether it listens, or is about to. */
  protected get isOpen(): boolean {
    return this.#listening !== undefined
  }

  /** Reads anew what else the bus may have lost. */
  protected async recheck(): Promise<void> {}

  /** Compares itself with the store: the bus may have lost something and not say so. Never throws. */
  async compare(): Promise<void> {
    if (typeof this.#listening !== 'function') return
    try {
      if ((await this.storedSeq()) > this.tail) await this.heal()
      await this.recheck()
    } catch (error) {
      this.context.log.warn({ err: error, channel: this.name }, 'a channel could not be compared')
    }
  }
}
