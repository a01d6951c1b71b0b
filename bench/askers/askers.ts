// People who ask a server for something over sockets of their own: as soon as the last question was answered, or when
// the next is due. What they were told is kept, to be compared with what is stored.
import { type Endpoint, endpointOf, LightSocket } from '../../loadtest/client/light-socket.ts'
import { atPace } from '../../loadtest/run/pace.ts'
import { randomOf } from '../../loadtest/run/random.ts'
import { tokensOf } from '../../loadtest/tokens.ts'
import { tokenSecret } from '../givens.ts'
import { inTime } from '../in-time.ts'
import { type Account, Ledger } from '../ledger.ts'
import { type Answer, type Asking, askingAbout } from './matters.ts'
import { Tally } from './tally.ts'
import type { Asked, AskOrder, JoinOrder } from './words.ts'

/** A reply to a question or to the greeting, as far as it is looked at. */
interface Reply {
  readonly id: number
  readonly connect?: object
  readonly rpc?: { readonly data: Answer }
}

/** Of a run at a pace: the same moments in every run. */
const seed = 7
/** Longer than an answer takes where anything comes at all. */
const answerMsMax = 30_000
/** The first id is for the greeting. */
const greetingId = 1
const firstId = greetingId + 1

export class Askers {
  readonly #ledger = new Ledger()
  readonly #asking: Asking
  readonly #askers: Asker[] = []
  /** Since when each question waits for its answer, by its number. */
  readonly #sinceMs = new Map<number, number>()
  #questions = 0
  #tally: Tally | undefined
  #onAllAnswered = (): void => {}

  private constructor({ matter }: JoinOrder) {
    this.#asking = askingAbout(matter, this.#ledger)
  }

  /** Resolves when all are connected. */
  static async join(order: JoinOrder): Promise<Askers> {
    const { url } = order
    const all = new Askers(order)
    const tokens = tokensOf({ tokenUrl: url, secret: tokenSecret })
    const endpoint = endpointOf(
      `${url.replace('http', 'ws')}/connection/websocket`,
      'centrifuge-json',
    )
    for (let nth = 0; nth < order.askers; nth += 1) {
      const asker = new Asker(nth, (reply, text) => all.#heard(asker, reply, text))
      all.#askers.push(asker)
      await asker.join(endpoint, await tokens(`asker-${nth}`))
    }
    return all
  }

  /**
   * Resolves when every question is answered, those after the measured time as well.
   * @throws Error where one is never answered
   */
  async ask(order: AskOrder): Promise<Asked> {
    const tally = new Tally(order)
    this.#tally = tally
    if (order.perSecond !== undefined) await this.#askAtPace(order.perSecond, tally.untilMs)
    else for (const asker of this.#askers) this.#ask(asker)
    // Not before all is asked: at a pace, everything may be answered before the last question is due.
    if (this.#sinceMs.size > 0) await this.#allAnswered(tally.untilMs)
    return tally.result()
  }

  /** Of all runs. */
  account(): Account {
    return this.#ledger.account()
  }

  async #allAnswered(untilMs: number): Promise<void> {
    const allAnswered = new Promise<void>((resolve) => {
      this.#onAllAnswered = resolve
    })
    const patienceMs = untilMs - performance.now() + answerMsMax
    await inTime(allAnswered, patienceMs, () => `${this.#sinceMs.size} were never answered`)
    this.#onAllAnswered = () => {}
  }

  async #askAtPace(perSecond: number, untilMs: number): Promise<void> {
    const durationMs = untilMs - performance.now()
    const { signal } = new AbortController()
    const act = (dueMs: number): void => {
      const asker = this.#askers[this.#questions % this.#askers.length]
      if (asker !== undefined) this.#ask(asker, dueMs)
    }
    const random = randomOf(seed, this.#asking.method)
    await atPace({ perSecond, durationMs, random, signal, act })
  }

  #ask(asker: Asker, sinceMs = performance.now()): void {
    const nth = this.#questions
    this.#questions += 1
    this.#sinceMs.set(nth, sinceMs)
    const { method } = this.#asking
    const data = this.#asking.dataOf(nth, asker.number)
    asker.send(`{"id":${nth + firstId},"rpc":{"method":"${method}","data":${data}}}`)
  }

  /** @throws Error where the answer is none that the question can have */
  #heard(asker: Asker, { id, rpc }: Reply, text: string): void {
    const nth = id - firstId
    const sinceMs = this.#sinceMs.get(nth)
    const tally = this.#tally
    if (sinceMs === undefined || tally === undefined) {
      throw new Error(`answered twice, or never asked: ${text}`)
    }
    this.#sinceMs.delete(nth)
    const verdict = this.#asking.heard(nth, rpc?.data ?? {})
    if (verdict === undefined) throw new Error(`not taken: ${text}`)
    tally.answered(verdict, sinceMs)
    if (typeof verdict === 'string') this.#goOn(asker, tally)
    else setTimeout(() => this.#goOn(asker, tally), verdict.waitMs)
  }

  #goOn(asker: Asker, tally: Tally): void {
    // Whoever waited so long that a run ended has begun anew in the next one, and must not ask twice at a time.
    if (tally !== this.#tally) return
    if (!tally.isAtPace && performance.now() < tally.untilMs) this.#ask(asker)
    else if (this.#sinceMs.size === 0) this.#onAllAnswered()
  }
}

class Asker extends LightSocket {
  readonly number: number
  readonly #onReply: (reply: Reply, text: string) => void
  #token = ''
  #onJoined = (): void => {}

  constructor(number: number, onReply: (reply: Reply, text: string) => void) {
    super()
    this.number = number
    this.#onReply = onReply
  }

  join(endpoint: Endpoint, token: string): Promise<void> {
    this.#token = token
    this.open(endpoint)
    return new Promise((resolve) => {
      this.#onJoined = resolve
    })
  }

  protected override opened(): void {
    this.send(`{"id":${greetingId},"connect":{"token":"${this.#token}"}}`)
  }

  protected override received(message: Buffer): void {
    for (const text of message.toString().split('\n')) {
      if (text === '{}') this.send('{}')
      // Who was outbid is told so as well, and who is in a room hears the others: nobody waits for that.
      else if (text.startsWith('{"id"')) this.#heard(text)
    }
  }

  #heard(text: string): void {
    const reply = JSON.parse(text) as Reply
    if (reply.id !== greetingId) this.#onReply(reply, text)
    else if (reply.connect === undefined) throw new Error(`turned away: ${text}`)
    else this.#onJoined()
  }

  protected override ended(code: number, reason: string): void {
    throw new Error(`a connection was lost: ${code} ${reason}`)
  }
}
