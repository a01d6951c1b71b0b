// Under which rules a bid may be taken back, and what a bidder's standing remembers for that.
import { RETRACTION_REASONS } from '../../protocol/auction-requests.ts'
import type { LotNow, LotRules, Standing } from './lot.ts'

const hourMs = 3_600_000

/** eBay's rules. Source: "Retracting a bid", eBay Help. */
const EBAY_RETRACTION = {
  /** Up to this long before the end, all of the bidder's bids may be taken back. */
  minRemainingMs: 12 * hourMs,
  /** Later than that only the newest bid, within this time of placing it. */
  graceAfterBidMs: hourMs,
} as const

/** Why a retraction is refused, as `rule` in the refusal. */
export type RetractionRule =
  | 'policy_none'
  | 'reason'
  | 'not_your_latest_bid'
  | 'closing_window'
  | 'min_remaining'

export type RetractionRuling =
  | { readonly allowed: 'all_bids' | 'latest_bid' }
  | { readonly allowed: false; readonly rule: RetractionRule; readonly until?: number }

/** The standing with what its lot's policy needs to know of the bid that has just made it. */
export function afterBid(
  rules: LotRules,
  standing: Standing,
  previous: Standing | undefined,
  bidId: string,
  placedAtMs: number,
): Standing {
  if (rules.terms.retraction === 'none') return standing
  const before =
    previous === undefined || previous.max === 0 ? null : withinGrace(previous, placedAtMs)
  return { ...standing, latest: { bidId, placedAtMs, before } }
}

/** A bid past its grace is never taken back alone, so what lay under it is forgotten: memory stays bounded. */
function withinGrace(standing: Standing, nowMs: number): Standing {
  const { latest } = standing
  if (latest === undefined || latest.before === null) return standing
  if (nowMs - latest.placedAtMs <= EBAY_RETRACTION.graceAfterBidMs) return standing
  return { ...standing, latest: { ...latest, before: null } }
}

/** Whether, and how far, the bidder may take back the bid `bidId` at `atMs`. */
export function rulingOn(
  rules: LotRules,
  now: LotNow,
  standing: Standing | undefined,
  wanted: { readonly bidId: string; readonly reason: string },
  atMs: number,
): RetractionRuling {
  if (rules.terms.retraction === 'none') return { allowed: false, rule: 'policy_none' }
  if (!RETRACTION_REASONS.some((reason) => reason === wanted.reason)) {
    return { allowed: false, rule: 'reason' }
  }
  const latest = standing?.latest
  if (latest?.bidId !== wanted.bidId) return { allowed: false, rule: 'not_your_latest_bid' }

  const windowMs = rules.terms.softClose?.windowMs ?? 0
  const remainingMs = now.endsAtMs - atMs
  if (remainingMs <= windowMs) {
    return { allowed: false, rule: 'closing_window', until: now.endsAtMs - windowMs }
  }
  if (remainingMs >= EBAY_RETRACTION.minRemainingMs) return { allowed: 'all_bids' }
  const graceEndsAtMs = latest.placedAtMs + EBAY_RETRACTION.graceAfterBidMs
  if (atMs <= graceEndsAtMs) return { allowed: 'latest_bid' }
  const until = Math.max(now.endsAtMs - EBAY_RETRACTION.minRemainingMs, graceEndsAtMs)
  return { allowed: false, rule: 'min_remaining', until }
}

/** What is left to the bidder once the ruling is carried out. The alias stays for the life of the lot. */
export function afterRetraction(standing: Standing, allowed: 'all_bids' | 'latest_bid'): Standing {
  const restored = allowed === 'latest_bid' ? standing.latest?.before : null
  return restored ?? { max: 0, rank: 0, floor: 0, aliasNo: standing.aliasNo }
}
