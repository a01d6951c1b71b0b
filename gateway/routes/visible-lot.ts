// A lot as far as the caller may know of it: a draft is there for its seller and for services only.
import type { Identity } from '../../protocol/identity.ts'
import { publishedLotsMax } from '../limits.ts'
import type { LotBook, LotRecord } from '../ports/lot-book.ts'
import { forbidden } from './authorization.ts'

/** The lot, or undefined where there is none or it is a draft that is not the caller's to see. */
export async function visibleLot(
  book: LotBook,
  identity: Identity | undefined,
  lotId: string,
): Promise<LotRecord | undefined> {
  const lot = await book.lot(lotId)
  return lot !== undefined && isVisible(lot, identity) ? lot : undefined
}

/** Whether the caller may know of a lot, where nothing else about it is asked. */
export type LotVisibility = (identity: Identity | undefined, lotId: string) => Promise<boolean>

/**
 * Remembers which lots are no drafts any more. None becomes one again, so a crowd that subscribes to
 * a lot costs one reading of it.
 */
export function createLotVisibility(book: LotBook): LotVisibility {
  const published = new Set<string>()
  return async (identity, lotId) => {
    if (published.has(lotId)) return true
    const lot = await book.lot(lotId)
    if (lot === undefined) return false
    if (lot.view.state !== 'draft') {
      // Forgetting all of them now and then is cheaper than keeping their order, and costs a reading each.
      if (published.size >= publishedLotsMax) published.clear()
      published.add(lotId)
    }
    return isVisible(lot, identity)
  }
}

function isVisible({ sellerId, view }: LotRecord, identity: Identity | undefined): boolean {
  return view.state !== 'draft' || forbidden('lot.see_draft', identity, { sellerId }) === undefined
}
