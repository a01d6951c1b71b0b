// Bids on lots one after the other, as gateways bring them: asked again while nobody serves the lot's shard.
// Whatever keeps a lot from being bid on shows as the wait of a bid.
import { setTimeout as sleep } from 'node:timers/promises'
import { type Bus, NoResponderError } from '../platform/bus/bus.ts'
import { uuidv7 } from '../platform/ids.ts'
import type { BidAccepted, LotAccepted } from '../protocol/auction.ts'
import type { EngineCommand, EngineReply } from '../protocol/engine.ts'
import { lotCommandsSubject, shardOf } from '../protocol/subjects.ts'

/** Between two bids on a lot. */
const betweenBidsMs = 20
/** As gateways ask again, give or take a half. */
const askAgainMs = 50
/** What was under way to an engine that died brings no answer; a short patience tells sooner of the next. */
const answerMs = 250
const startPrice = 1_000
const seller = { userId: 'seller', roles: ['seller'] } as const

export class LotPulse {
  readonly #bus: Bus
  readonly #over = new AbortController()
  #longestMs: number[] = []
  #bidding: Promise<unknown> = Promise.resolve()

  private constructor(bus: Bus) {
    this.#bus = bus
  }

  /** Opens so many lots, and begins to bid on each. */
  static async start(bus: Bus, lots: number): Promise<LotPulse> {
    const pulse = new LotPulse(bus)
    const lotIds = await Promise.all(Array.from({ length: lots }, () => pulse.#openLot()))
    pulse.#bidding = Promise.all(lotIds.map((lotId, nth) => pulse.#bidOn(lotId, nth)))
    // Told by `stop`.
    pulse.#bidding.catch(() => {})
    return pulse
  }

  /** The longest wait of a bid since the last call, for each lot; bids that still wait count as well. */
  longestMs(): readonly number[] {
    const longestMs = this.#longestMs
    this.#longestMs = []
    return longestMs
  }

  /** @throws where a bid was refused. */
  async stop(): Promise<void> {
    this.#over.abort()
    await this.#bidding
  }

  async #bidOn(lotId: string, nth: number): Promise<void> {
    let amount = startPrice
    for (let bids = 0; !this.#over.signal.aborted; bids += 1) {
      const actor = { userId: `bidder-${bids % 3}`, roles: [] }
      const bid = { type: 'place_bid', kind: 'exact', currency: 'USD' } as const
      const startedMs = performance.now()
      const reply = await this.#ask({ ...bid, lotId, commandId: uuidv7(), actor, amount })
      amount = 'minNext' in reply ? reply.minNext : amount
      const waitedMs = performance.now() - startedMs
      this.#longestMs[nth] = Math.max(this.#longestMs[nth] ?? 0, waitedMs)
      await sleep(betweenBidsMs)
    }
  }

  async #openLot(): Promise<string> {
    const lotId = uuidv7()
    const startsAt = Date.now()
    const terms = {
      title: 'A lamp',
      currency: 'USD',
      format: 'english',
      startPrice,
      grid: 'free',
      startsAt,
      endsAt: startsAt + 24 * 3_600_000,
      softClose: null,
      retraction: 'none',
    } as const
    await this.#ask({ type: 'create_lot', lotId, commandId: uuidv7(), actor: seller, terms })
    await this.#ask({ type: 'publish_lot', lotId, commandId: uuidv7(), actor: seller })
    return lotId
  }

  /** Resolves when the command is accepted. @throws Error where it is refused */
  async #ask(command: EngineCommand): Promise<BidAccepted | LotAccepted> {
    for (;;) {
      const reply = await this.#attempt(command)
      if (reply?.outcome === 'accepted') return reply
      const isFinal = reply?.outcome === 'refused' && reply.code !== 'overloaded'
      if (isFinal) throw new Error(`${command.type} was refused: ${reply.code}`)
    }
  }

  async #attempt(command: EngineCommand): Promise<EngineReply | undefined> {
    try {
      const subject = lotCommandsSubject(shardOf(command.lotId))
      return (await this.#bus.request(subject, command, answerMs)) as EngineReply
    } catch (error) {
      if (error instanceof NoResponderError) await sleep(askAgainMs * (0.5 + Math.random()))
      return undefined
    }
  }
}
