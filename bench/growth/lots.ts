// Bids where few lots are open, and where many are. At any moment ten of them are bid on, so that a batch holds as
// many bids on as many lots whatever their number is; who bids goes from ten to the next ten.
import type { Logger } from '../../platform/log.ts'
import { closePool, createPool } from '../../platform/postgres/pool.ts'
import { engineHere, engineWay } from '../bids/engine-ways.ts'
import type { OpenLots } from '../bids/floor.ts'
import { bidId, compare, Ledger } from '../bids/ledger.ts'
import { closedLoop } from '../closed-loop.ts'
import type { Keep } from '../keeping.ts'
import type { ThrowawayPostgres } from '../throwaway-postgres.ts'
import { type Cost, costOf } from './spent.ts'

export const lotsAtOnce = 10
/** Bids on ten lots before the next ten have their turn. */
const stay = 512
const warmUpMs = 300

export class Market {
  readonly databaseUrl: string
  readonly #lots: OpenLots
  readonly #bidders: number
  readonly #postgresPid: number
  readonly #ledger = new Ledger()
  readonly #amounts = new Map<string, number>()
  #bids = 0

  private constructor(databaseUrl: string, lots: OpenLots, bidders: number, postgresPid: number) {
    this.databaseUrl = databaseUrl
    this.#lots = lots
    this.#bidders = bidders
    this.#postgresPid = postgresPid
  }

  /** An engine of its own in this process, with so many lots. */
  static async open(
    keep: Keep,
    postgres: ThrowawayPostgres,
    log: Logger,
    { lots, bidders }: { readonly lots: number; readonly bidders: number },
  ): Promise<Market> {
    const url = await postgres.addDatabase(`lots_${lots}`)
    const pool = createPool(url, { log, applicationName: 'bench', max: 10 })
    await keep(Promise.resolve(pool), closePool)
    const bus = await engineHere(keep, pool, log)
    const way = engineWay({ name: `${lots} lots`, says: '', bus, pool, bidders })
    return new Market(url, await way.open(lots), bidders, postgres.pid)
  }

  get lotIds(): readonly string[] {
    return this.#lots.lotIds
  }

  bid(measureMs: number): Promise<Cost> {
    return costOf(this.#postgresPid, async () => {
      const { sent } = await closedLoop({
        senders: this.#bidders,
        warmUpMs,
        measureMs,
        send: (bidder) => this.#place(bidder),
      })
      return sent
    })
  }

  /** @throws where what was answered is not what is stored */
  async audit(): Promise<void> {
    compare('lots', this.#ledger.account(), await this.#lots.stored())
  }

  async #place(bidder: number): Promise<void> {
    const nth = this.#bids
    this.#bids += 1
    const { lotIds } = this.#lots
    const at = Math.floor(nth / stay) * lotsAtOnce + (nth % lotsAtOnce)
    const lotId = lotIds[at % lotIds.length]
    if (lotId === undefined) throw new RangeError('there is no lot to bid on')
    const amount = (this.#amounts.get(lotId) ?? 0) + 1
    this.#amounts.set(lotId, amount)
    const bid = { lotId, bidder: `bidder-${bidder}`, bidId: bidId(nth), amount }
    const accepted = await this.#lots.place(bid)
    if (accepted !== undefined) this.#ledger.accepted(lotId, nth, accepted)
  }
}
