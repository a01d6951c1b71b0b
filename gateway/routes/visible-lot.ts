// A lot as far as the caller may know of it.
import type { Identity } from '../../protocol/identity.ts'
import type { LotBook, LotRecord } from '../ports/lot-book.ts'
import { forbidden } from './authorization.ts'

/** The lot, or undefined where there is none or it is a draft that is not the caller's to see. */
export async function visibleLot(
  book: LotBook,
  identity: Identity | undefined,
  lotId: string,
): Promise<LotRecord | undefined> {
  const lot = await book.lot(lotId)
  if (lot === undefined) return undefined
  if (lot.view.state !== 'draft') return lot
  const hidden = forbidden('lot.see_draft', identity, { sellerId: lot.sellerId })
  return hidden === undefined ? lot : undefined
}
