// Bids where few lots are open, and where many are. At any moment ten of them are bid on, so that a batch holds as
// many bids on as many lots whatever their number is; who bids goes from ten to the next ten.
import { engineHere, engineWay } from '../bids/engine-ways.ts'
import { Floor } from '../bids/floor.ts'
import type { Keep } from '../keeping.ts'
import { openPool, type ThrowawayPostgres } from '../throwaway-postgres.ts'
import { type Cost, costOf } from './spent.ts'

export const lotsAtOnce = 10
/** Bids on ten lots before the next ten have their turn. */
const stay = 512
const warmUpMs = 300

export class Market {
  readonly databaseUrl: string
  readonly #floor: Floor
  readonly #postgresPid: number

  private constructor(databaseUrl: string, floor: Floor, postgresPid: number) {
    this.databaseUrl = databaseUrl
    this.#floor = floor
    this.#postgresPid = postgresPid
  }

  /** An engine of its own in this process, with so many lots. */
  static async open(
    keep: Keep,
    postgres: ThrowawayPostgres,
    { lots, bidders }: { readonly lots: number; readonly bidders: number },
  ): Promise<Market> {
    const url = await postgres.addDatabase(`lots_${lots}`)
    const pool = await openPool(keep, url, 10)
    const bus = await engineHere(keep, pool)
    const way = engineWay({ name: `${lots} lots`, says: '', bus, pool, bidders })
    return new Market(url, await Floor.open(way, lots, tenByTen), postgres.pid)
  }

  get lotIds(): readonly string[] {
    return this.#floor.lotIds
  }

  bid(measureMs: number): Promise<Cost> {
    return costOf(this.#postgresPid, async () => (await this.#floor.bid(warmUpMs, measureMs)).sent)
  }

  /** @throws where what was answered is not what is stored */
  audit(): Promise<void> {
    return this.#floor.audit()
  }
}

function tenByTen(nth: number): number {
  return Math.floor(nth / stay) * lotsAtOnce + (nth % lotsAtOnce)
}
