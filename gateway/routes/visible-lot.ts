// A lot as far as the caller may know of it: one that was never published is there for its seller and
// for services only. It has no public event yet, and that outlasts the draft: one may be withdrawn unseen.
import type { Identity } from '../../protocol/identity.ts'
import { publishedLotsMax } from '../limits.ts'
import type { LotBook, LotRecord } from '../ports/lot-book.ts'
import { forbidden } from './authorization.ts'

/** The lot, or undefined where there is none or it is not the caller's to see. */
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
 * Remembers which lots were published. None is taken out of the public again, so a crowd that subscribes
 * to a lot costs one reading of it.
 */
export function createLotVisibility(book: LotBook): LotVisibility {
  const published = new Set<string>()
  return async (identity, lotId) => {
    if (published.has(lotId)) return true
    const lot = await book.lot(lotId)
    if (lot === undefined) return false
    if (wasPublished(lot)) {
      // Forgetting all of them now and then is cheaper than keeping their order, and costs a reading each.
      if (published.size >= publishedLotsMax) published.clear()
      published.add(lotId)
    }
    return isVisible(lot, identity)
  }
}

function isVisible(lot: LotRecord, identity: Identity | undefined): boolean {
  const { sellerId } = lot
  return wasPublished(lot) || forbidden('lot.see_draft', identity, { sellerId }) === undefined
}

function wasPublished({ view }: LotRecord): boolean {
  return view.seq > 0
}
