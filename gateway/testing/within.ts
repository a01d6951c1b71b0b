import type { StreamRange } from '../ports/lot-book.ts'

/** What a store would answer: the items within the range, in its order. */
export function within<T extends { readonly seq: number }>(
  items: readonly T[],
  { from, limit, reverse }: StreamRange,
): T[] {
  if (!reverse) return items.filter(({ seq }) => seq > (from ?? 0)).slice(0, limit)
  return items
    .filter(({ seq }) => seq < (from ?? Infinity))
    .toReversed()
    .slice(0, limit)
}
