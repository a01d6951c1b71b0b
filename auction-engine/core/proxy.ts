// The arithmetic of proxy bidding: every bidder names a secret maximum, and the price is what the
// leader must pay to beat the next one. All amounts are whole minor units.
import type { BidKind } from '../../protocol/auction.ts'
import { stepAt } from './increments.ts'
import type { LotRules, Standing, Standings } from './lot.ts'

/** Who leads and at what price. */
export interface Lead {
  readonly leaderId: string
  readonly standing: Standing
  readonly price: number
}

/** The least that the bidder may bid now, before the grid has its say. */
export function leastBid(
  rules: LotRules,
  lead: Lead | undefined,
  bidderId: string,
  kind: BidKind,
): number {
  if (lead === undefined) return rules.terms.startPrice
  if (lead.leaderId === bidderId && kind === 'proxy') return lead.standing.max + 1
  return lead.price + stepAt(rules.increments, lead.price)
}

/** The leader raises its own maximum. Only an exact bid, or a reserve now within reach, moves the price. */
export function leadAfterRaise(rules: LotRules, lead: Lead, amount: number, kind: BidKind): Lead {
  const { standing } = lead
  const exact = kind === 'exact'
  const raised: Standing = {
    ...standing,
    max: Math.max(standing.max, amount),
    floor: exact ? Math.max(standing.floor, amount) : standing.floor,
  }
  const price = exact ? Math.max(lead.price, amount) : lead.price
  return { ...lead, standing: raised, price: liftedToReserve(rules, raised.max, price) }
}

/**
 * A bidder who does not lead bids `mine.max`, which beats the price. The price is never below the
 * second highest maximum, so of all the bidders only the leader and this one matter: the higher
 * maximum leads, the earlier at a tie, and the other one is the runner-up.
 */
export function leadAfterChallenge(
  rules: LotRules,
  lead: Lead | undefined,
  bidderId: string,
  mine: Standing,
): Lead {
  if (lead === undefined) return leadOver(rules, bidderId, mine, null, 0)
  return mine.max > lead.standing.max
    ? leadOver(rules, bidderId, mine, lead.standing.max, lead.price)
    : leadOver(rules, lead.leaderId, lead.standing, mine.max, lead.price)
}

/** The lead by all the standings alone, for when bids were taken away. */
export function leadAmong(rules: LotRules, standings: Standings): Lead | undefined {
  let leaderId: string | undefined
  let first: Standing | undefined
  let second: Standing | undefined
  for (const [bidderId, standing] of standings.entries()) {
    if (standing.max === 0) continue
    if (first === undefined || isAhead(standing, first)) {
      second = first
      first = standing
      leaderId = bidderId
    } else if (second === undefined || isAhead(standing, second)) {
      second = standing
    }
  }
  if (leaderId === undefined || first === undefined) return undefined
  return leadOver(rules, leaderId, first, second?.max ?? null, 0)
}

/** Where the leader's maximum reaches the reserve, the price does too. */
export function liftedToReserve(rules: LotRules, leaderMax: number, price: number): number {
  const reserve = rules.terms.reservePrice
  return reserve !== undefined && leaderMax >= reserve ? Math.max(price, reserve) : price
}

/** No reserve, or a price that has reached it. */
export function isReserveMet(reserve: number | undefined, price: number | null): boolean {
  return reserve === undefined || (price !== null && price >= reserve)
}

/** One step above the runner-up's maximum, at most the leader's own; never below `priceMin`. */
function leadOver(
  rules: LotRules,
  leaderId: string,
  standing: Standing,
  runnerUpMax: number | null,
  priceMin: number,
): Lead {
  const beaten =
    runnerUpMax === null
      ? rules.terms.startPrice
      : Math.min(standing.max, runnerUpMax + stepAt(rules.increments, runnerUpMax))
  const price = Math.max(priceMin, beaten, standing.floor)
  return { leaderId, standing, price: liftedToReserve(rules, standing.max, price) }
}

function isAhead(one: Standing, other: Standing): boolean {
  return one.max > other.max || (one.max === other.max && one.rank < other.rank)
}
