// One of a crowd that bids as fast as answers come, and asks again with the same id where it did not hear
// what became of a bid: after `unknown` and `overloaded`, without an answer, and when its socket was lost.
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Asked } from '../../history/lot-entries.ts'
import type { LotHistory } from '../../history/lot-history.ts'
import type { BidKind, BidOutcome } from '../../protocol/auction.ts'
import type { EngineReply } from '../../protocol/engine.ts'
import type { MethodName } from '../../protocol/methods.ts'
import type { PublicClient } from './public-client.ts'

const betweenAttemptsMs = 25

export interface Question {
  readonly method: MethodName
  readonly params: Readonly<Record<string, unknown>>
  readonly commandId: string
  readonly asked: Asked
  /** Undefined where the answer is to tell it. */
  readonly lotId?: string
}

export interface AskerOptions {
  readonly user: string
  readonly client: PublicClient
  readonly history: LotHistory
}

/** Sends a command until its outcome is known, and tells the judge of every sending. */
export async function askUntilKnown(
  { user, client, history }: AskerOptions,
  { method, params, commandId, asked, lotId }: Question,
): Promise<EngineReply> {
  const attempts: { sentAtMs: number; answeredAtMs: number; answer: EngineReply | undefined }[] = []
  for (;;) {
    const sentAtMs = performance.now()
    const answer = await client.centrifuge.rpc(method, params).then(
      ({ data }) => data as EngineReply,
      // It may have arrived all the same.
      () => undefined,
    )
    attempts.push({ sentAtMs, answeredAtMs: performance.now(), answer })
    if (answer === undefined || !isVerdict(answer)) {
      await pause(betweenAttemptsMs)
      continue
    }
    const command = { lotId: lotId ?? answer.lotId, actorId: user, commandId, asked }
    for (const attempt of attempts) history.attempted({ ...command, ...attempt })
    return answer
  }
}

/** Whether asking again would bring the same. */
function isVerdict(answer: EngineReply): boolean {
  if (answer.outcome === 'unknown') return false
  if (answer.outcome === 'accepted') return true
  return !['overloaded', 'rate_limited', 'internal'].includes(answer.code)
}

export interface BidderOptions extends AskerOptions {
  /** Between a verdict and the next bid. Default: none. */
  readonly breathMs?: number
  /** Told each verdict. */
  readonly onVerdict: (verdict: BidOutcome) => void
}

export class Bidder {
  readonly #options: BidderOptions
  /** What the next bid on each lot should be, as far as this bidder knows. */
  readonly #least = new Map<string, number>()
  #bids = 0
  #verdicts = 0
  #isBidding = false

  constructor(options: BidderOptions, lotIds: readonly string[], startPrice: number) {
    this.#options = options
    for (const lotId of lotIds) this.#least.set(lotId, startPrice)
  }

  get verdicts(): number {
    return this.#verdicts
  }

  get isBidding(): boolean {
    return this.#isBidding
  }

  /** Bids on one lot after the other, until told to stop or until all are closed. */
  async bidUntil(signal: AbortSignal): Promise<void> {
    const { breathMs = 0 } = this.#options
    this.#isBidding = true
    while (this.#least.size > 0 && !signal.aborted) {
      for (const [lotId, least] of this.#least) {
        if (signal.aborted) break
        await this.#bid(lotId, least)
        if (breathMs > 0) await pause(breathMs)
      }
    }
    this.#isBidding = false
  }

  /** One bid, which leads whatever the others have bid in a test. Resolves with what became of it. */
  async bidHigh(lotId: string): Promise<void> {
    await this.#bid(lotId, 1_000_000_000)
  }

  async #bid(lotId: string, least: number): Promise<void> {
    this.#bids += 1
    // Some of them go just above the least, some far; some are called, most are secret.
    const amount = least + (this.#bids % 7) * 300
    const kind: BidKind = this.#bids % 4 === 0 ? 'exact' : 'proxy'
    const clientBidId = randomUUID()
    const verdict = (await askUntilKnown(this.#options, {
      method: 'bid.place',
      params: { lotId, clientBidId, kind, amount, currency: 'USD' },
      commandId: clientBidId,
      asked: { type: 'place_bid', kind, amount },
      lotId,
    })) as BidOutcome
    this.#verdicts += 1
    this.#learn(lotId, verdict)
    this.#options.onVerdict(verdict)
  }

  #learn(lotId: string, verdict: BidOutcome): void {
    if (verdict.outcome === 'accepted') {
      const { leading, yourMax, minNext } = verdict
      this.#least.set(lotId, leading ? Math.max(yourMax + 1, minNext) : minNext)
    } else if (verdict.outcome === 'refused') {
      const least = verdict.minAcceptable ?? verdict.minNext
      if (verdict.code === 'lot_closed' || least === undefined) this.#least.delete(lotId)
      else this.#least.set(lotId, least)
    }
  }
}
