// What everybody may know of a lot, and what a bidder may know of itself. The functions that make
// public words take neither standings nor a type that has a reserve, so no secret can slip in.
import type { LotPublication, LotTerms, LotView, OwnStanding } from '../../protocol/auction.ts'
import type { LotEventDraft } from './decision.ts'
import { nextBid } from './increments.ts'
import type { LotNow, LotRules, Standing } from './lot.ts'

/** The rules without what is secret. Every `LotRules` is one, and the reserve can not be read from it. */
export type PublicRules = Pick<LotRules, 'lotId' | 'increments'> & {
  readonly terms: Omit<LotTerms, 'reservePrice'>
}

/** The part of the view that only an update moves. */
export type PublicPart = Pick<
  LotView,
  'lotId' | 'saleId' | 'listingId' | 'title' | 'currency' | 'format' | 'startPrice'
>

/** The part of the view that bids and time move. */
export type LivePart = Omit<LotView, keyof PublicPart>

/** The public name of the n-th bidder of a lot. */
export function aliasOf(aliasNo: number): string {
  return `Bidder ${aliasNo}`
}

export function publicPart(rules: PublicRules): PublicPart {
  const { title, currency, format, startPrice, saleId, listingId } = rules.terms
  return {
    lotId: rules.lotId,
    ...(saleId === undefined ? {} : { saleId }),
    ...(listingId === undefined ? {} : { listingId }),
    title,
    currency,
    format,
    startPrice,
  }
}

/** The moving part as of `now`; `serverTime` is when the newest command was admitted. */
export function livePart(now: LotNow, rules: PublicRules): LivePart {
  return {
    state: now.state,
    round: now.round,
    seq: now.seq,
    price: now.price,
    minNext: nextBid(rules.increments, rules.terms.startPrice, now.price),
    leader: now.leaderAliasNo === null ? null : aliasOf(now.leaderAliasNo),
    reserveMet: now.reserveMet,
    bidCount: now.bidCount,
    bidderCount: now.bidderCount,
    startsAt: now.startsAtMs,
    endsAt: now.endsAtMs,
    extensions: now.extensions,
    serverTime: now.admittedAtMs,
    ...(now.result === null ? {} : { result: now.result }),
  }
}

export function lotView(rules: PublicRules, now: LotNow): LotView {
  return { ...publicPart(rules), ...livePart(now, rules) }
}

/** What the watchers get of an event: the event and the whole public state after it. */
export function publication(rules: PublicRules, event: LotEventDraft): LotPublication {
  return { type: event.type, lot: lotView(rules, event.now), ...event.detail }
}

/** How a bidder stands, for that bidder alone; undefined where no bid of it stands. */
export function ownStanding(
  now: LotNow,
  bidderId: string,
  standing: Standing | undefined,
): OwnStanding | undefined {
  if (standing === undefined || standing.max === 0) return undefined
  return {
    leading: now.leaderId === bidderId,
    max: standing.max,
    alias: aliasOf(standing.aliasNo),
  }
}
