// A bid near the end moves the end, so that nobody wins by being the last to press a button.
import type { SoftClose } from '../../protocol/auction.ts'
import type { LotNow } from './lot.ts'

export interface Extension {
  readonly endsAtMs: number
  /** Extensions so far, with this one where it is long enough to count. */
  readonly extensions: number
}

/** The end after a bid at `atMs` that moved the lead or the price, or did neither; undefined where it stays. */
export function extensionFor(
  soft: SoftClose | null,
  now: LotNow,
  atMs: number,
  movedLeadOrPrice: boolean,
): Extension | undefined {
  if (soft === null || now.endsAtMs - atMs > soft.windowMs) return undefined
  if (!movedLeadOrPrice && soft.trigger === 'lead_or_price_change') return undefined
  if (soft.maxExtensions !== undefined && now.extensions >= soft.maxExtensions) return undefined

  const wanted = (soft.mode === 'reset' ? atMs : now.endsAtMs) + soft.extendMs
  const endsAtMs = Math.min(wanted, endMax(soft, now))
  const growthMs = endsAtMs - now.endsAtMs
  if (growthMs <= 0) return undefined
  // With window = extend a bid early in the window moves the end by a millisecond: too little to use
  // up one of the lot's extensions.
  const counts = growthMs >= soft.minGrowthMs
  return { endsAtMs, extensions: now.extensions + (counts ? 1 : 0) }
}

/** Beyond this no extension goes, whatever its reason: the seller said so. */
export function endMax(soft: SoftClose | null, now: LotNow): number {
  if (soft?.hardCapMs === undefined) return Number.POSITIVE_INFINITY
  return now.originalEndsAtMs + soft.hardCapMs
}
