// A crowd at an auction: people who bid on the same lots as fast as answers come, and people who watch,
// spread over the gateways of a fleet and back by themselves whatever happens to it. All that they send and
// hear is told to the judge of histories, who compares it with the database at the end.
import { randomUUID } from 'node:crypto'
import { LotHistory } from '../../history/lot-history.ts'
import { tellStoredLots } from '../../loadtest/audit/stored-history.ts'
import { createLogger } from '../../platform/log.ts'
import { createPool } from '../../platform/postgres/pool.ts'
import { waitFor } from '../../platform/testing/wait-for.ts'
import type { BidOutcome, LotTerms } from '../../protocol/auction.ts'
import type { MethodName } from '../../protocol/methods.ts'
import { type AskerOptions, askUntilKnown, Bidder } from './bidder.ts'
import { unhurried } from './chat.ts'
import type { Fleet } from './fleet.ts'
import { frontOf } from './front.ts'
import { LotWatcher } from './lot-watcher.ts'
import type { PublicClient } from './public-client.ts'
import { lotTerms, signToken } from './server.ts'

/** A burst is faster than people: for the fleet's environment. */
export const burstLimits = {
  ...unhurried,
  LIMIT_BIDS_PER_USER: 'off',
  LIMIT_BIDS_PER_USER_ALL_LOTS: 'off',
}

/** Its gateways may come and go. */
export type FleetToBidIn = Pick<Fleet, 'databaseUrl' | 'running'>

export interface CrowdOptions {
  /** Default: 8. */
  readonly bidders?: number
  /** Default: 3. */
  readonly watchers?: number
  /** Default: 8, so that hardly ever one of two engines owns none of them. */
  readonly lots?: number
  /** Between a verdict and the same one's next bid. Default: none, as fast as answers come. */
  readonly breathMs?: number
  /** Of every lot, where they differ from an English lot that is open for an hour. */
  readonly terms?: Partial<LotTerms>
}

/** How long a fleet that is hurt on purpose may take until everybody is served again. */
const patience = { timeoutMs: 90_000 }

/** Opens the lots, lets everybody come in, and begins to bid. */
export async function gatherBiddingCrowd(
  fleet: FleetToBidIn,
  options: CrowdOptions = {},
): Promise<BiddingCrowd> {
  const crowd = new BiddingCrowd(fleet)
  try {
    await crowd.begin(options)
    return crowd
  } catch (error) {
    crowd.leave()
    throw error
  }
}

export class BiddingCrowd {
  readonly #databaseUrl: string
  readonly #front: ReturnType<typeof frontOf>
  readonly #history = new LotHistory({ allClients: true })
  readonly #clients: PublicClient[] = []
  readonly #bidders: Bidder[] = []
  readonly #watchers: LotWatcher[] = []
  readonly #over = new AbortController()
  readonly #outcomes = new Map<string, number>()
  #lotIds: readonly string[] = []
  #bidding: Promise<unknown> = Promise.resolve()

  constructor(fleet: FleetToBidIn) {
    this.#databaseUrl = fleet.databaseUrl
    this.#front = frontOf(() => fleet.running('gateway').map(({ url }) => url))
  }

  get lotIds(): readonly string[] {
    return this.#lotIds
  }

  /** How often each verdict was heard: `accepted`, or a refusal's code. */
  get outcomes(): ReadonlyMap<string, number> {
    return this.#outcomes
  }

  /** To be called once. */
  async begin(options: CrowdOptions): Promise<void> {
    const { bidders = 8, watchers = 3, lots = 8, terms = {}, breathMs = 0 } = options
    const allTerms = { ...lotTerms(), ...terms }
    const house = await this.#arrive('house')
    this.#lotIds = await Promise.all(Array.from({ length: lots }, () => openLot(house, allTerms)))
    for (let nth = 1; nth <= watchers; nth += 1) {
      const name = `watcher-${nth}`
      const { client, history } = await this.#arrive(name)
      const watcher = new LotWatcher(name, client, history)
      await Promise.all(this.#lotIds.map((lotId) => watcher.watch(lotId)))
      this.#watchers.push(watcher)
    }
    const onVerdict = (verdict: BidOutcome) => {
      const outcome = verdict.outcome === 'accepted' ? 'accepted' : verdict.code
      this.#outcomes.set(outcome, (this.#outcomes.get(outcome) ?? 0) + 1)
    }
    for (let nth = 1; nth <= bidders; nth += 1) {
      const asker = await this.#arrive(`bidder-${nth}`)
      const bidder = { ...asker, onVerdict, breathMs }
      this.#bidders.push(new Bidder(bidder, this.#lotIds, allTerms.startPrice))
    }
    this.#bidding = Promise.all(this.#bidders.map((bidder) => bidder.bidUntil(this.#over.signal)))
  }

  /** Resolves when the crowd has heard so many more verdicts in all. */
  async hears(more: number): Promise<void> {
    const heard = () => this.#bidders.reduce((sum, { verdicts }) => sum + verdicts, 0)
    const enough = heard() + more
    await waitFor(() => heard() >= enough, { ...patience, what: `${more} verdicts` })
  }

  /** Resolves when every bidder has heard so many more verdicts: all of them are served. */
  async eachHears(more: number): Promise<void> {
    const enough = this.#bidders.map(({ verdicts }) => verdicts + more)
    const allHave = () => this.#bidders.every(({ verdicts }, at) => verdicts >= (enough[at] ?? 0))
    await waitFor(allHave, { ...patience, what: `${more} verdicts for every bidder` })
  }

  /** One more bid of one bidder, who leads by it, while the others rest. */
  async bidHigh(lotId: string): Promise<void> {
    await this.#bidders[0]?.bidHigh(lotId)
  }

  /** Nobody bids any more. Resolves when everybody knows what became of its last bid. */
  async rest(): Promise<void> {
    this.#over.abort()
    const isQuiet = () => this.#bidders.every(({ isBidding }) => !isBidding)
    await waitFor(isQuiet, { ...patience, what: 'the verdict on everybody’s last bid' })
    await this.#bidding
  }

  /**
   * Lets the crowd rest, and compares what it was told with what is stored, when every watcher has come to
   * the end of its lots.
   * @throws Error that tells what does not fit together
   */
  async judge(): Promise<void> {
    await this.rest()
    const log = createLogger({ name: 'test', level: 'silent' })
    const pool = createPool(this.#databaseUrl, { log, applicationName: 'judge', max: 1 })
    try {
      const isTold = async () => {
        const { rows } = await pool.query<{ lotId: string; seq: number; untold: boolean }>(
          `SELECT lot_id AS "lotId", seq, EXISTS (
                    SELECT 1 FROM outbox WHERE source = 'lot' AND aggregate_id = lot_id
                       AND NOT published) AS untold
             FROM lots_hot WHERE lot_id = ANY ($1)`,
          [this.#lotIds],
        )
        return rows.every(
          ({ lotId, seq, untold }) =>
            !untold && this.#watchers.every((watcher) => watcher.seqOf(lotId) >= seq),
        )
      }
      // Who does not come to the end is named by the judge.
      await waitFor(isTold, { timeoutMs: 20_000 }).catch(() => {})
      await tellStoredLots(this.#history, pool, this.#lotIds)
    } finally {
      this.leave()
      await pool.end()
    }
    const violations = this.#history.violations()
    if (violations.length === 0) return
    const told = violations.slice(0, 20).map(({ rule, says }) => `${rule}: ${says}`)
    throw new Error(`${this.#history.count} violations\n  ${told.join('\n  ')}`)
  }

  /** Closes every socket; for whoever does not come to the judging. */
  leave(): void {
    this.#over.abort()
    for (const client of this.#clients) client.close()
  }

  async #arrive(user: string): Promise<AskerOptions> {
    const roles = user === 'house' ? (['service'] as const) : []
    const client = this.#front.client({ getToken: () => signToken(user, { roles }) })
    this.#clients.push(client)
    await client.connect()
    return { user, client, history: this.#history }
  }
}

async function openLot(house: AskerOptions, terms: LotTerms): Promise<string> {
  const ask = async (method: MethodName, params: object, type: 'create_lot' | 'publish_lot') => {
    const commandId = randomUUID()
    const question = { method, params: { ...params, commandId }, commandId, asked: { type } }
    const answer = await askUntilKnown(house, question)
    if (answer.outcome === 'accepted') return answer.lotId
    throw new Error(`${type} was refused: ${JSON.stringify(answer)}`)
  }
  const lotId = await ask('lot.create', terms, 'create_lot')
  return ask('lot.publish', { lotId }, 'publish_lot')
}
