// Plays one past auction: a lot with the auction's opening bid, every bid placed by a connection of
// its bidder and answered before the next, then the end, and what the lot was sold for.
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Failure } from '../platform/failure.ts'
import type { BidOutcome, LotOutcome, LotView } from '../protocol/auction.ts'
import type { PastAuction, PastBid } from './auction-file.ts'
import type { HttpClient } from './http-client.ts'
import { patiently } from './patience.ts'
import { createSteadyClient, type SteadyClient } from './steady-client.ts'
import type { Tokens } from './tokens.ts'
import type { Watcher } from './watcher.ts'

/** What all auctions of a run share. */
export interface House {
  /** Speaks for the user who sells everything; it has the role `service`. */
  readonly http: HttpClient
  readonly tokens: Tokens
  readonly watcher: Watcher
  readonly websocketUrl: string
  /** Makes the users of this run other people than those of the run before. */
  readonly runId: string
}

/** What came of one auction. */
export interface Replayed {
  readonly auction: PastAuction
  /** What our lot was sold for; null where nobody bought it. */
  readonly priceCents: number | null
  readonly accepted: number
  /** The codes of the refused bids. */
  readonly refused: readonly string[]
}

const dayMs = 24 * 3_600_000
/** How far ahead of the server's clock the end is put: time for the command to get there. */
const endAheadMs = 50
/** How long after its end a lot may take to close: an owner that was away gives it some time back. */
const closeTimeoutMs = 120_000
/** How long the server may put a bid off, or lose it. */
const decideTimeoutMs = 120_000
const retryAfterMsDefault = 200
const movesMax = 100

/** @throws Failure where the server refused or lost what it must not */
export async function replayAuction(house: House, auction: PastAuction): Promise<Replayed> {
  const lotId = await openLot(house, auction)
  const { ended } = await house.watcher.watch(lotId)
  const bidders = new Map<string, SteadyClient>()
  const outcomes: BidOutcome[] = []
  try {
    for (const bid of auction.bids) {
      const bidder = bidders.get(bid.bidder) ?? (await arrive(house, auction, bid.bidder))
      bidders.set(bid.bidder, bidder)
      outcomes.push(await place(bidder, lotId, bid))
    }
  } finally {
    await Promise.all([...bidders.values()].map((bidder) => bidder.close()))
  }
  await moveEndToNow(house.http, lotId, outcomes.at(-1)?.serverTime ?? Date.now())
  const { result } = await within(closeTimeoutMs, ended, `Lot ${lotId} did not close.`)
  return {
    auction,
    priceCents: result?.price ?? null,
    accepted: outcomes.filter(({ outcome }) => outcome === 'accepted').length,
    refused: outcomes.flatMap((outcome) => ('code' in outcome ? [outcome.code] : [])),
  }
}

/** Creates the lot and publishes it, so that it opens at once. Default increments are eBay's. */
async function openLot(house: House, auction: PastAuction): Promise<string> {
  const startsAt = Date.now()
  const created = await sendCommand(house.http, 'POST', '/v1/lots', {
    title: `Auction ${auction.auctionId}`,
    currency: 'USD',
    format: 'english',
    startPrice: auction.openingBidCents,
    startsAt,
    endsAt: startsAt + dayMs,
  })
  const { lotId } = accepted(created)
  accepted(await sendCommand(house.http, 'POST', `/v1/lots/${lotId}/publish`, {}))
  return lotId
}

/** Sends a command on a lot until it is answered, under one id. */
async function sendCommand(
  http: HttpClient,
  method: string,
  path: string,
  fields: object,
): Promise<LotOutcome> {
  const body = { ...fields, commandId: randomUUID() }
  return (await patiently(() => http.call(method, path, body))) as unknown as LotOutcome
}

/** The lot of an accepted command. @throws Failure where it was refused */
function accepted(outcome: LotOutcome): LotView {
  if (outcome.outcome === 'accepted') return outcome.lot
  throw new Failure(`A command on lot ${outcome.lotId} was refused: ${outcome.code}.`)
}

async function arrive(house: House, auction: PastAuction, bidder: string): Promise<SteadyClient> {
  const user = `${house.runId}-${auction.auctionId}-${bidder}`
  const token = await patiently(() => house.tokens(user))
  return await patiently(() => createSteadyClient({ url: house.websocketUrl, token }))
}

/** Bids until it is decided: what was put off or got lost is sent again, under the same id. */
async function place(bidder: SteadyClient, lotId: string, bid: PastBid): Promise<BidOutcome> {
  const command = { lotId, clientBidId: randomUUID(), amount: bid.maxCents, currency: 'USD' }
  const givesUpAtMs = performance.now() + decideTimeoutMs
  while (performance.now() < givesUpAtMs) {
    const outcome = (await bidder.rpc('bid.place', command)) as BidOutcome
    if (outcome.outcome === 'accepted') return outcome
    if (outcome.outcome === 'refused') {
      if (isOfTheBid(outcome.code)) return outcome
      if (!outcome.retryable) {
        throw new Failure(`A bid on lot ${lotId} was refused: ${outcome.code}.`)
      }
    }
    const retryAfterMs = outcome.outcome === 'refused' ? outcome.retryAfterMs : undefined
    await sleep(retryAfterMs ?? retryAfterMsDefault)
  }
  throw new Failure(`A bid on lot ${lotId} was not decided for ${decideTimeoutMs / 1_000} s.`)
}

/** Refusals which are the auction's own verdict on a bid; any other one spoils the replay. */
const isOfTheBid = (code: string): boolean => code === 'bid_too_low' || code === 'max_not_raised'

/**
 * Ends a lot at once.
 * @param http in the name of its seller
 * @param serverTimeMs the server's clock, as it was told in its last answer
 * @throws Failure where the lot can not be ended
 */
export async function moveEndToNow(
  http: HttpClient,
  lotId: string,
  serverTimeMs: number,
): Promise<void> {
  let nowMs = serverTimeMs
  for (let move = 1; move <= movesMax; move += 1) {
    const endsAt = nowMs + endAheadMs
    const outcome = await sendCommand(http, 'PATCH', `/v1/lots/${lotId}`, { endsAt })
    if (outcome.outcome === 'accepted') return
    // The command took longer than the time it was given: `too_soon`.
    if (outcome.code !== 'lot_rules') accepted(outcome)
    nowMs = outcome.serverTime
  }
  throw new Failure(`The end of lot ${lotId} could not be moved.`)
}

async function within<T>(ms: number, promise: Promise<T>, otherwise: string): Promise<T> {
  const timer = new AbortController()
  const late = sleep(ms, undefined, { signal: timer.signal }).then(() => {
    throw new Failure(otherwise)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    timer.abort()
  }
}
