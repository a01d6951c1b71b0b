// Bids on lots one after the other, as gateways bring them: asked again while nobody serves the lot's shard.
// Whatever keeps a lot from being bid on shows as the wait of a bid.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Bus } from '../platform/bus/bus.ts'
import { uuidv7 } from '../platform/ids.ts'
import { askEngine, exactBid, openLot, startPrice } from './lot-commands.ts'

/** Between two bids on a lot. */
const betweenBidsMs = 20

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
    const lotIds = await Promise.all(Array.from({ length: lots }, () => openLot(bus)))
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
      const userId = `bidder-${bids % 3}`
      const startedMs = performance.now()
      const bid = exactBid(lotId, { commandId: uuidv7(), userId, amount })
      const reply = await askEngine(this.#bus, bid)
      amount = 'minNext' in reply ? reply.minNext : amount
      const waitedMs = performance.now() - startedMs
      this.#longestMs[nth] = Math.max(this.#longestMs[nth] ?? 0, waitedMs)
      await sleep(betweenBidsMs)
    }
  }
}
