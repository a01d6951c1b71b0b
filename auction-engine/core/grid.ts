// Which amounts are legal between the steps. Rungs lie at `base + k × step`: from the start price
// before the first bid, from the price afterwards.
import type { LotTerms } from '../../protocol/auction.ts'

export interface Rungs {
  readonly base: number
  readonly step: number
}

export type GridRuling =
  | { readonly fits: true; readonly amount: number }
  /** The legal amounts on either side; no `below` where that is less than may be bid. */
  | { readonly fits: false; readonly below?: number; readonly above: number }

/** What becomes of a bid of `amount` where at least `need` must be bid: kept, moved down, or off the grid. */
export function ontoGrid(
  grid: LotTerms['grid'],
  rungs: Rungs,
  need: number,
  amount: number,
): GridRuling {
  if (grid === 'free') return { fits: true, amount }
  const below = rungs.base + Math.floor((amount - rungs.base) / rungs.step) * rungs.step
  if (below === amount || grid === 'snap_down') return { fits: true, amount: below }
  const least = leastOnGrid(grid, rungs, need)
  const above = Math.max(below + rungs.step, least)
  return below < least ? { fits: false, above } : { fits: false, below, above }
}

/** The least legal amount that is at least `need`. */
export function leastOnGrid(grid: LotTerms['grid'], rungs: Rungs, need: number): number {
  if (grid === 'free') return need
  return rungs.base + Math.ceil((need - rungs.base) / rungs.step) * rungs.step
}
