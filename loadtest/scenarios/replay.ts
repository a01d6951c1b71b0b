// Past auctions, all at once: as many of the file as the plan says, their real bids spread over the measured time.
import { randomUUID } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import { Failure } from '../../platform/failure.ts'
import { lotChannel } from '../../protocol/channels.ts'
import type { PastAuction } from '../auction-file.ts'
import { auditPastAuctions, closeAll } from '../audit/past-auctions.ts'
import { eachOf } from '../each-of.ts'
import { atPace } from '../run/pace.ts'
import { type Plan, sharesOf } from '../run/plan.ts'
import {
  type Act,
  type Crew,
  type House,
  type Scenario,
  type Stage,
  userOf,
} from '../run/scenario.ts'
import { LotWitness } from '../witness/lot-witness.ts'
import { inPieces, watchedIn } from '../witness/watched.ts'
import { Bids } from './bids.ts'
import { EBAY_INCREMENTS, pastAuctions } from './past.ts'
import { openLot } from './prepare-lots.ts'

const opensAtOnce = 16

export const replay: Scenario = {
  says: 'the first --lots of the real auctions, their bids spread over --duration; the prices must be the same',
  defaults: { connections: 256, lots: 343 },
  prepare: openPastAuctions,
  act: replayIn,
  isNotified: () => true,
  ends: closeAll,
  audit: auditPastAuctions,
}

/** @throws HttpError, Failure */
async function openPastAuctions(house: House, plan: Plan): Promise<Stage> {
  const auctions = await pastAuctions(plan)
  const crowd = Math.max(...auctions.map((auction) => biddersOf(auction).length))
  if (sharesOf(plan).some(({ from, to }) => to - from < crowd)) {
    throw new Failure(`An auction has ${crowd} bidders: each process needs a device for each.`, {
      hint: 'Give more --connections, or fewer --processes.',
    })
  }
  const runId = randomUUID().slice(0, 8)
  const lots: string[] = []
  await eachOf([...auctions.entries()], opensAtOnce, async ([nth, auction]) => {
    const { auctionId, openingBidCents: startPrice } = auction
    const title = `Auction ${auctionId}, load test ${runId}`
    lots[nth] = await openLot(house, { title, startPrice, increments: EBAY_INCREMENTS })
  })
  return { runId, lots, conversations: [], madeAtMs: Date.now() }
}

function replayIn(crew: Crew): Act {
  const { stage, share } = crew
  const witness = new LotWitness()
  const bids = new Bids(crew)
  return {
    cast(nth) {
      const lotId = stage.lots[nth % stage.lots.length]
      return {
        user: userOf(stage, nth),
        channels: lotId === undefined ? [] : [lotChannel(lotId)],
      }
    },
    observer: witness.observer,
    perform: () => bidAll(crew, bids),
    *testify() {
      yield [watchedIn(crew, share.to - share.from, witness.account())]
      yield* inPieces(bids.testimony())
    },
  }
}

/** Resolves when every bid of this process's auctions is decided, or patience is at its end. */
async function bidAll(crew: Crew, bids: Bids): Promise<void> {
  const { plan, share, random, signal } = crew
  const shares = sharesOf(plan)
  const here = shares.findIndex(({ from }) => from === share.from)
  const auctions = await pastAuctions(plan)
  const ours = auctions.flatMap((auction, nth) =>
    nth % shares.length === here ? [new Replay(crew, bids, auction, nth)] : [],
  )
  // Whose bid is next: any auction's, and the more often the more bids it has.
  const order = shuffled(
    ours.flatMap((replayed) => replayed.auction.bids.map(() => replayed)),
    random,
  )
  const durationMs = plan.duration * 1_000
  const perSecond = order.length / plan.duration
  const turns = order.values()
  const act = (dueMs: number) => turns.next().value?.bid(dueMs)
  if (order.length > 0) await atPace({ perSecond, durationMs, random, signal, act })
  // Chance has left some over.
  for (const replayed of turns) replayed.bid(performance.now())
  await bids.allDecided()
}

/** One auction: its bids come in the order of the file, each when the one before is decided. */
class Replay {
  readonly auction: PastAuction
  readonly #crew: Crew
  readonly #bids: Bids
  readonly #nth: number
  readonly #bidders: readonly string[]
  readonly #due: number[] = []
  #placed = 0
  #isBidding = false

  constructor(crew: Crew, bids: Bids, auction: PastAuction, nth: number) {
    this.auction = auction
    this.#crew = crew
    this.#bids = bids
    this.#nth = nth
    this.#bidders = biddersOf(auction)
  }

  bid(dueMs: number): void {
    this.#due.push(dueMs)
    this.#bidNext()
  }

  #bidNext(): void {
    const dueMs = this.#due[0]
    const past = this.auction.bids[this.#placed]
    if (this.#isBidding || dueMs === undefined || past === undefined) return
    this.#due.shift()
    this.#placed += 1
    this.#isBidding = true
    const { devices, stage } = this.#crew
    const bidder = devices[(this.#nth + this.#bidders.indexOf(past.bidder)) % devices.length]
    const lotId = stage.lots[this.#nth]
    if (bidder === undefined || lotId === undefined) throw new RangeError('a bid has no bidder')
    const settled = () => {
      this.#isBidding = false
      this.#bidNext()
    }
    this.#bids.place({ bidder, lotId, amount: past.maxCents, dueMs, settled })
  }
}

function biddersOf({ bids }: PastAuction): string[] {
  return [...new Set(bids.map(({ bidder }) => bidder))]
}

/** By Fisher and Yates. */
function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const all = [...items]
  for (let last = all.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1))
    const [one, another] = [all[last], all[other]]
    if (one === undefined || another === undefined) continue
    all[last] = another
    all[other] = one
  }
  return all
}
