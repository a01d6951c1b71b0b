// One socket: it turns what uWebSockets.js tells into inputs of the session, and the session's effects
// into sends and calls. The only place that touches `ws`, whose traps are dealt with here:
//
// - After `close` every method of `ws` throws, and `end` calls the close handler before it returns:
//   `#ws` is forgotten before `end` and first thing in the handler.
// - `send` answers 2 where it dropped the frame, which is truthy: compared with, never tested.
// - The bytes of a message are valid within its callback only: they are decoded there.
// - Above `maxBackpressure` frames are dropped, the close frame too: the bound that counts is ours, far below.
// - Topics must not be joined or left while a publish is under way, from inside of which `dropped`
//   is called: it only makes a note, and the end of the turn acts on it.
import type { WebSocket } from 'uWebSockets.js'
import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/log.ts'
import { CLOSE_CODES, type CloseName } from '../../protocol/close-codes.ts'
import type { Codec, Encoded } from '../../protocol/codec.ts'
import type { Identity } from '../../protocol/identity.ts'
import type { Revocation } from '../../protocol/notifications.ts'
import { none } from '../fanout/few.ts'
import type { Hub } from '../fanout/hub.ts'
import type { Flushable, Turn } from '../fanout/turn.ts'
import { socketBufferResumeBytes, socketBufferSoftBytesMax } from '../limits.ts'
import type { Desk } from '../ports/desk.ts'
import { decide, dueMs, identityOf, openSession } from '../session/decide.ts'
import type { Session, SessionEffect, SessionInput, SessionRules } from '../session/session.ts'
import { type Asker, ask, type Question } from './ask.ts'
import { Backlog } from './backlog.ts'
import { inputOf } from './input.ts'
import type { EdgeMetrics } from './metrics.ts'
import type { Roster } from './roster.ts'
import type { Rounds } from './rounds.ts'

/** What all connections share. */
export interface ConnectionContext {
  readonly rules: SessionRules
  readonly desk: Desk
  readonly hub: Hub
  readonly turn: Turn
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: EdgeMetrics
  readonly roster: Roster<Connection>
  readonly rounds: Rounds<Connection>
}

/** uWebSockets.js copies the fields of what it is given, so the connection itself is behind one of them. */
export interface SocketData {
  readonly connection: Connection
}

const everythingMissed = -1

/** What its upgrade tells. */
export type Handshake = Pick<Asker, 'client' | 'address' | 'origin' | 'codec'>

/** Its methods are `private` by type, which spares each of them 8 bytes: see `Stream`. */
export class Connection implements Asker, Flushable {
  readonly client: string
  readonly address: string
  readonly origin: string | undefined
  readonly codec: Codec
  readonly #context: ConnectionContext
  /** Undefined before the socket is open and once it is closed. */
  #ws: WebSocket<SocketData> | undefined
  #session: Session
  #outbox: readonly Encoded[] = none
  #backlog: Backlog | undefined
  /** Something published was dropped. */
  #lost = false
  #closedWhy: CloseName | undefined
  #holder: Identity | undefined

  constructor({ client, address, origin, codec }: Handshake, context: ConnectionContext) {
    this.client = client
    this.address = address
    this.origin = origin
    this.codec = codec
    this.#context = context
    this.#session = openSession(client, context.rules, context.clock.nowMs())
  }

  /** Whose it turned out to be; kept to the end, when the session has forgotten it. */
  get holder(): Identity | undefined {
    return this.#holder
  }

  get identity(): Identity | undefined {
    return identityOf(this.#session)
  }

  get user(): string {
    return this.#holder?.userId ?? ''
  }

  get isGone(): boolean {
    return this.#session.state === 'gone'
  }

  claim(holder: Identity): boolean | Promise<boolean> {
    this.#holder = holder
    return this.#context.roster.claim(holder, this)
  }

  // ---- what uWebSockets.js tells ------------------------------------------------------------

  opened(ws: WebSocket<SocketData>): void {
    this.#ws = ws
    const { roster, rounds, metrics } = this.#context
    roster.add(this)
    rounds.enter(this, dueMs(this.#session))
    metrics.connections.inc({ protocol: this.codec.name })
    metrics.opened.inc({ protocol: this.codec.name })
  }

  received(message: ArrayBuffer): void {
    this.take(inputOf(this.codec, message))
  }

  pinged(): void {
    this.take({ type: 'native_ping' })
  }

  /** Called from inside of a publish: nothing may be done to the socket here. */
  dropped(): void {
    if (this.#lost) return
    this.#lost = true
    this.#context.turn.enter('outbox', this)
  }

  drained(): void {
    const waiting = this.#ws?.getBufferedAmount() ?? 0
    this.#backlog?.moved(this.#context.clock.nowMs())
    if (waiting > socketBufferResumeBytes) return
    this.#backlog?.rejoin((channel, seq) => this.#context.hub.resume(this, channel, seq))
    if (waiting === 0) this.#backlog = undefined
  }

  closed(): void {
    this.#ws = undefined
    this.#outbox = none
    this.#context.roster.remove(this)
    this.#context.rounds.rest(this)
    this.take({ type: 'closed' })
    this.#context.metrics.connections.dec({ protocol: this.codec.name })
    this.#context.metrics.closed.inc({ why: this.#closedWhy ?? 'client' })
  }

  // ---- what the gateway tells ---------------------------------------------------------------

  /** Looks at the deadlines and at what waits. When the next deadline is, epoch ms; Infinity once it is gone. */
  sweep(nowMs: number): number {
    const isDue = dueMs(this.#session) <= nowMs
    if (isDue) this.take({ type: 'tick' })
    this.lookAtBuffer(nowMs)
    if (isDue && this.#backlog === undefined) this.#context.rounds.rest(this)
    return dueMs(this.#session)
  }

  private lookAtBuffer(nowMs: number): void {
    const waiting = this.#ws?.getBufferedAmount() ?? 0
    if (waiting === 0) {
      if (this.#backlog !== undefined) this.drained()
      return
    }
    this.#context.metrics.bufferedBytes.observe(waiting)
    const verdict = this.lagging(nowMs).judge(waiting, nowMs)
    if (verdict === 'overflow') this.overflow()
    if (verdict === 'step_aside') this.stepAside(undefined)
  }

  /** The backlog, which each sweep looks at as long as there is one. */
  private lagging(nowMs: number): Backlog {
    this.#context.rounds.attend(this)
    return (this.#backlog ??= new Backlog(nowMs))
  }

  expel(why: CloseName): void {
    this.take({ type: 'expelled', why })
  }

  dismiss(spreadMs: number): void {
    this.take({ type: 'drain', spreadMs })
  }

  /** Closes the connection if its token is one of those revoked. */
  revoke({ deviceId, beforeMs }: Revocation): void {
    const identity = this.identity ?? this.#holder
    if (identity === undefined || (deviceId ?? identity.deviceId) !== identity.deviceId) return
    const { issuedAtMs = Number.NEGATIVE_INFINITY } = identity
    if (issuedAtMs < beforeMs) this.expel('force_disconnect')
  }

  // ---- what the fan-out tells ---------------------------------------------------------------

  joinTopic(topic: string): void {
    this.#ws?.subscribe(topic)
  }

  leaveTopic(topic: string): void {
    this.#ws?.unsubscribe(topic)
  }

  toldByTopic(): void {
    const waiting = this.#ws?.getBufferedAmount() ?? 0
    if (waiting > 0) this.lagging(this.#context.clock.nowMs())
  }

  push(message: Encoded): void {
    if (this.#ws === undefined) return
    if (this.#outbox.length === 0) {
      this.#outbox = [message]
      this.#context.turn.enter('outbox', this)
    } else (this.#outbox as Encoded[]).push(message)
  }

  offer(message: Encoded): void {
    if (this.#backlog === undefined) this.push(message)
    else this.#context.metrics.slow.inc({ class: 'volatile', action: 'dropped' })
  }

  // ---- what goes out ------------------------------------------------------------------------

  /** The end of the turn: all that is due goes out as one frame. */
  flush(): void {
    if (this.#lost) {
      this.#lost = false
      this.stepAside(everythingMissed)
    }
    if (!this.send()) this.overflow()
  }

  /** False where the socket cannot take what is due. */
  private send(): boolean {
    const due = this.#outbox
    this.#outbox = none
    if (this.#ws === undefined || due.length === 0) return true
    if (this.#ws.getBufferedAmount() > socketBufferSoftBytesMax) return false
    const sent = this.#ws.send(this.codec.frame(due), this.codec.binary)
    if (sent === 2) return false
    if (sent === 0) {
      this.lagging(this.#context.clock.nowMs()).owe()
    }
    return true
  }

  /** Nothing more is sent; the client recovers by offset, here or elsewhere. */
  private overflow(): void {
    this.#context.metrics.slow.inc({ class: 'durable', action: 'closed' })
    this.#outbox = none
    this.expel('slow')
  }

  /** Leaves the fan-out of state channels: of each the newest state is sent once the socket has drained. */
  private stepAside(missedSince: typeof everythingMissed | undefined): void {
    const { hub, clock, metrics } = this.#context
    const session = this.#session
    if (session.state !== 'live') return
    const pause = (channel: string) => hub.pause(this, channel)
    const left = this.lagging(clock.nowMs()).stepAside(session.channels, pause, missedSince)
    if (left > 0) metrics.slow.inc({ class: 'state', action: 'conflated' }, left)
  }

  // ---- the session --------------------------------------------------------------------------

  private take(input: SessionInput): void {
    try {
      this.step(input)
    } catch (error) {
      this.broke(error)
    }
  }

  private step(input: SessionInput): void {
    const before = this.#session
    const { next, effects } = decide(before, input, this.#context.clock.nowMs())
    this.#session = next
    // It is looked at when it was due before, unless that is too late now.
    if (dueMs(next) < dueMs(before)) this.#context.rounds.attend(this)
    for (const effect of effects) this.perform(effect)
  }

  /** A fault of ours ends this connection, and no other. Does not throw. */
  broke(error: unknown): void {
    this.#context.metrics.faults.inc()
    this.#context.log.error({ err: error, client: this.client }, 'a connection failed')
    try {
      this.step({ type: 'expelled', why: 'internal_server_error' })
    } catch (again) {
      this.#context.log.error({ err: again, client: this.client }, 'a connection failed to close')
      this.#ws?.close()
    }
  }

  private perform(effect: SessionEffect): void {
    switch (effect.type) {
      case 'reply': {
        const error = 'error' in effect.message ? effect.message.error : undefined
        this.#context.metrics.answered(effect.method, error)
        this.push(this.codec.encode(effect.message))
        break
      }
      case 'send':
        this.push(this.codec.encode(effect.message))
        break
      case 'ignored':
        this.#context.metrics.answered(effect.method, undefined)
        break
      case 'authenticate':
      case 'subscribe':
      case 'call':
        void this.ask(effect)
        break
      case 'unsubscribe':
        this.#backlog?.forget(effect.channel)
        this.#context.hub.unsubscribe(this, effect.channel)
        break
      case 'close':
        this.close(effect.why)
        break
    }
  }

  private async ask(question: Question): Promise<void> {
    try {
      const input = await ask(this.#context, this, question)
      if (input !== undefined) this.take(input)
    } catch (error) {
      this.broke(error)
    }
  }

  private close(why: CloseName): void {
    // What was said before goes out before, unless the socket could not take it.
    if (why !== 'slow') this.send()
    const ws = this.#ws
    this.#ws = undefined
    this.#closedWhy = why
    const { code, reason } = CLOSE_CODES[why]
    ws?.end(code, reason)
  }
}
