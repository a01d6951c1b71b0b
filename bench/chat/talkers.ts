// People who talk over sockets of their own: as soon as the last message was answered, or when the next is due.
import { type Endpoint, endpointOf, LightSocket } from '../../loadtest/client/light-socket.ts'
import { atPace } from '../../loadtest/run/pace.ts'
import { randomOf } from '../../loadtest/run/random.ts'
import { tokensOf } from '../../loadtest/tokens.ts'
import { bidId } from '../bids/ledger.ts'
import { quantile } from '../closed-loop.ts'
import { inTime } from '../in-time.ts'
import type { Account, JoinOrder, Talked, TalkOrder } from './words.ts'

/** A reply to a message, as far as it is looked at. */
interface Reply {
  readonly id: number
  readonly connect?: object
  readonly rpc?: {
    readonly data: {
      readonly outcome: string
      readonly code?: string
      readonly retryAfterMs?: number
    }
  }
}

/** Of a run at a pace: the same moments in every run. */
const seed = 11
/** Longer than an answer takes where anything comes at all. */
const answerMsMax = 30_000

export class Talkers {
  readonly #order: JoinOrder
  readonly #talkers: Talker[] = []
  /** Since when each message waits for its answer, by its number. */
  readonly #sinceMs = new Map<number, number>()
  /** How often they have talked, this time included. */
  #run = 0
  #messages = 0
  #accepted = 0
  #putOff = 0
  #sumOfIds = 0
  #fromMs = 0
  #untilMs = 0
  #isLoop = false
  #tookMs: number[] = []
  #onAllAnswered = (): void => {}

  private constructor(order: JoinOrder) {
    this.#order = order
  }

  /** Resolves when all are connected. */
  static async join(order: JoinOrder): Promise<Talkers> {
    const { url, secret } = order
    const all = new Talkers(order)
    const tokens = tokensOf({ tokenUrl: url, secret })
    const endpoint = endpointOf(
      `${url.replace('http', 'ws')}/connection/websocket`,
      'centrifuge-json',
    )
    for (let nth = 0; nth < order.talkers; nth += 1) {
      const talker = new Talker(all)
      all.#talkers.push(talker)
      await talker.join(endpoint, await tokens(`talker-${nth}`))
    }
    return all
  }

  /**
   * Resolves when every message is answered, those after the measured time as well.
   * @throws Error where one is never answered
   */
  async talk({ warmUpMs, measureMs, perSecond }: TalkOrder): Promise<Talked> {
    const [acceptedBefore, putOffBefore] = [this.#accepted, this.#putOff]
    this.#run += 1
    this.#fromMs = performance.now() + warmUpMs
    this.#untilMs = this.#fromMs + measureMs
    this.#isLoop = perSecond === undefined
    this.#tookMs = []
    const allAnswered = new Promise<void>((resolve) => {
      this.#onAllAnswered = resolve
    })
    if (perSecond === undefined) for (const talker of this.#talkers) this.#say(talker)
    else await this.#talkAtPace(perSecond, warmUpMs + measureMs)
    if (this.#sinceMs.size > 0) {
      const patienceMs = this.#untilMs - performance.now() + answerMsMax
      const otherwise = () => `${this.#sinceMs.size} messages were never answered`
      await inTime(allAnswered, patienceMs, otherwise)
    }
    const tookMs = this.#tookMs.toSorted((one, other) => one - other)
    return {
      accepted: this.#accepted - acceptedBefore,
      putOff: this.#putOff - putOffBefore,
      perSecond: (tookMs.length * 1_000) / measureMs,
      medianMs: quantile(tookMs, 0.5),
      p99Ms: quantile(tookMs, 0.99),
    }
  }

  account(): Account {
    return { accepted: this.#accepted, sumOfIds: this.#sumOfIds }
  }

  async #talkAtPace(perSecond: number, durationMs: number): Promise<void> {
    const { signal } = new AbortController()
    const act = (dueMs: number): void => {
      const talker = this.#talkers[this.#messages % this.#talkers.length]
      if (talker !== undefined) this.#say(talker, dueMs)
    }
    await atPace({ perSecond, durationMs, random: randomOf(seed, 'messages'), signal, act })
  }

  #say(talker: Talker, sinceMs = performance.now()): void {
    const nth = this.#messages
    this.#messages += 1
    this.#sinceMs.set(nth, sinceMs)
    const { conversationIds, text } = this.#order
    const conversationId = conversationIds[nth % conversationIds.length]
    talker.send(
      `{"id":${nth + firstId},"rpc":{"method":"chat.send","data":{"conversationId":"${conversationId}","clientMessageId":"${bidId(nth)}","text":"${text}"}}}`,
    )
  }

  /** @throws Error where a message is refused for another reason than that too many wait */
  heard(talker: Talker, { id, rpc }: Reply, reply: string): void {
    const nth = id - firstId
    const sinceMs = this.#sinceMs.get(nth)
    if (sinceMs === undefined) throw new Error(`answered twice, or never asked: ${reply}`)
    this.#sinceMs.delete(nth)
    const { outcome, code, retryAfterMs = 0 } = rpc?.data ?? {}
    if (outcome === 'accepted') {
      this.#accepted += 1
      this.#sumOfIds += nth
      const nowMs = performance.now()
      if (this.#isCounted(sinceMs, nowMs)) this.#tookMs.push(nowMs - sinceMs)
      this.#goOn(talker)
    } else if (code === 'overloaded') {
      this.#putOff += 1
      const run = this.#run
      // Who was put off in an earlier run has begun anew meanwhile, and must not talk twice at a time.
      setTimeout(() => {
        if (run === this.#run) this.#goOn(talker)
      }, retryAfterMs)
    } else throw new Error(`a message was not taken: ${reply}`)
  }

  /** At a pace by when it was due: the slowest answers come after the measured time, and are not to be missed. */
  #isCounted(sinceMs: number, nowMs: number): boolean {
    const atMs = this.#isLoop ? nowMs : sinceMs
    return atMs >= this.#fromMs && atMs < this.#untilMs
  }

  #goOn(talker: Talker): void {
    if (performance.now() < this.#untilMs) {
      if (this.#isLoop) this.#say(talker)
    } else if (this.#sinceMs.size === 0) this.#onAllAnswered()
  }
}

/** The first id is for the greeting. */
const greetingId = 1
const firstId = greetingId + 1

class Talker extends LightSocket {
  readonly #all: Talkers
  #token = ''
  #onJoined = (): void => {}

  constructor(all: Talkers) {
    super()
    this.#all = all
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
      else if (text.startsWith('{"id"')) this.#heard(text)
    }
  }

  #heard(text: string): void {
    const reply = JSON.parse(text) as Reply
    if (reply.id !== greetingId) this.#all.heard(this, reply, text)
    else if (reply.connect === undefined) throw new Error(`a talker was turned away: ${text}`)
    else this.#onJoined()
  }

  protected override ended(code: number, reason: string): void {
    throw new Error(`a talker lost its connection: ${code} ${reason}`)
  }
}
