// People who bid on one lot over sockets of their own, each bid higher than all before it: as soon as the last one
// was answered, or when it is due. What they were told is kept, to be compared with what is stored.
import { type Endpoint, endpointOf, LightSocket } from '../../loadtest/client/light-socket.ts'
import { atPace } from '../../loadtest/run/pace.ts'
import { randomOf } from '../../loadtest/run/random.ts'
import { tokensOf } from '../../loadtest/tokens.ts'
import { type Account, bidId, Ledger } from '../bids/ledger.ts'
import { quantile } from '../closed-loop.ts'
import { inTime } from '../in-time.ts'
import type { BiddingOrder, BiddingResult, JoinOrder } from './words.ts'

/** A reply to a bid, as far as it is looked at. */
interface Reply {
  readonly id: number
  readonly rpc?: {
    readonly data: { readonly outcome: string; readonly code?: string; readonly price?: number }
  }
}

/** The answers to a bid that was in order: a higher one was faster, or too many are waiting. */
const fairRefusals = new Set(['bid_too_low', 'overloaded'])
/** Of a run at a pace: the same moments in every run. */
const seed = 7
/** Longer than an answer takes where anything comes at all. */
const answerMsMax = 30_000

export class Crowd {
  readonly #lotId: string
  readonly #bidders: Bidder[] = []
  readonly #ledger = new Ledger()
  /** Since when each bid waits for its answer, by its number. */
  readonly #sinceMs = new Map<number, number>()
  #bids = 0
  #fromMs = 0
  #untilMs = 0
  #isLoop = false
  #answered = 0
  #accepted = 0
  #tookMs: number[] = []
  #onAllAnswered = (): void => {}

  private constructor(lotId: string) {
    this.#lotId = lotId
  }

  /** Resolves when all are connected. */
  static async join({ url, secret, bidders, lotId }: JoinOrder): Promise<Crowd> {
    const crowd = new Crowd(lotId)
    const tokens = tokensOf({ tokenUrl: url, secret })
    const endpoint = endpointOf(
      `${url.replace('http', 'ws')}/connection/websocket`,
      'centrifuge-json',
    )
    for (let nth = 0; nth < bidders; nth += 1) {
      const bidder = new Bidder(crowd)
      crowd.#bidders.push(bidder)
      await bidder.join(endpoint, await tokens(`bidder-${nth}`))
    }
    return crowd
  }

  /**
   * Resolves when every bid is answered, those after the measured time as well.
   * @throws Error where one is never answered
   */
  async bid({ warmUpMs, measureMs, perSecond }: BiddingOrder): Promise<BiddingResult> {
    this.#fromMs = performance.now() + warmUpMs
    this.#untilMs = this.#fromMs + measureMs
    this.#isLoop = perSecond === undefined
    this.#answered = 0
    this.#accepted = 0
    this.#tookMs = []
    const allAnswered = new Promise<void>((resolve) => {
      this.#onAllAnswered = resolve
    })
    if (perSecond === undefined) for (const bidder of this.#bidders) this.#bid(bidder)
    else await this.#bidAtPace(perSecond, warmUpMs + measureMs)
    if (this.#sinceMs.size > 0) {
      const patienceMs = this.#untilMs - performance.now() + answerMsMax
      const otherwise = () => `${this.#sinceMs.size} bids were never answered`
      await inTime(allAnswered, patienceMs, otherwise)
    }
    const tookMs = this.#tookMs.toSorted((one, other) => one - other)
    return {
      answered: this.#answered,
      accepted: this.#accepted,
      refused: tookMs.length - this.#accepted,
      medianMs: quantile(tookMs, 0.5),
      p99Ms: quantile(tookMs, 0.99),
    }
  }

  account(): Account {
    return this.#ledger.account()
  }

  async #bidAtPace(perSecond: number, durationMs: number): Promise<void> {
    const { signal } = new AbortController()
    const act = (dueMs: number): void => {
      const bidder = this.#bidders[this.#bids % this.#bidders.length]
      if (bidder !== undefined) this.#bid(bidder, dueMs)
    }
    await atPace({ perSecond, durationMs, random: randomOf(seed, 'bids'), signal, act })
  }

  #bid(bidder: Bidder, sinceMs = performance.now()): void {
    const nth = this.#bids
    this.#bids += 1
    this.#sinceMs.set(nth, sinceMs)
    // The least price is 1, and nobody is interested in a bid's text as much as a server is.
    bidder.send(
      `{"id":${nth + firstId},"rpc":{"method":"bid.place","data":{"lotId":"${this.#lotId}","clientBidId":"${bidId(nth)}","kind":"exact","amount":${nth + 1},"currency":"USD"}}}`,
    )
  }

  /** @throws Error where a bid was not taken for another reason than that others bid as well */
  heard(bidder: Bidder, { id, rpc }: Reply, text: string): void {
    const nth = id - firstId
    const sinceMs = this.#sinceMs.get(nth)
    if (sinceMs === undefined) throw new Error(`answered twice, or never asked: ${text}`)
    this.#sinceMs.delete(nth)
    const { outcome, code = '', price = 0 } = rpc?.data ?? {}
    const isAccepted = outcome === 'accepted'
    if (!isAccepted && !fairRefusals.has(code)) throw new Error(`a bid was not taken: ${text}`)
    if (isAccepted) this.#ledger.accepted(this.#lotId, nth, price)
    this.#answered += 1
    const nowMs = performance.now()
    if (this.#isCounted(sinceMs, nowMs)) {
      this.#tookMs.push(nowMs - sinceMs)
      if (isAccepted) this.#accepted += 1
    }
    if (this.#isLoop && nowMs < this.#untilMs) this.#bid(bidder)
    else if (this.#sinceMs.size === 0 && nowMs >= this.#untilMs) this.#onAllAnswered()
  }

  /** At a pace by when it was due: the slowest answers come after the measured time, and are not to be missed. */
  #isCounted(sinceMs: number, nowMs: number): boolean {
    const atMs = this.#isLoop ? nowMs : sinceMs
    return atMs >= this.#fromMs && atMs < this.#untilMs
  }
}

/** The first id is for the greeting. */
const greetingId = 1
const firstId = greetingId + 1

class Bidder extends LightSocket {
  readonly #crowd: Crowd
  #token = ''
  #onJoined = (): void => {}

  constructor(crowd: Crowd) {
    super()
    this.#crowd = crowd
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
      // Whoever was outbid is told so as well, which is not what we wait for.
      else if (text.startsWith('{"id"')) this.#heard(text)
    }
  }

  #heard(text: string): void {
    const reply = JSON.parse(text) as Reply & { readonly connect?: object }
    if (reply.id !== greetingId) this.#crowd.heard(this, reply, text)
    else if (reply.connect === undefined) throw new Error(`a bidder was turned away: ${text}`)
    else this.#onJoined()
  }

  protected override ended(code: number, reason: string): void {
    throw new Error(`a bidder lost its connection: ${code} ${reason}`)
  }
}
