// Pages of rows that are sorted by a key: the next page goes on from the key of the last row.

/**
 * The page in `rows`, which were read with a limit of one more than `limit`: that one tells whether there is a
 * next page. `nextAfter` says how to ask for what comes after a row.
 */
export function pageOf<Row, Item, Next>(
  rows: readonly Row[],
  limit: number,
  itemOf: (row: Row) => Item,
  nextAfter: (last: Row) => Next,
): { readonly items: Item[]; readonly next?: Next } {
  const page = rows.slice(0, limit)
  const items = page.map(itemOf)
  const last = page.at(-1)
  return rows.length > limit && last !== undefined ? { items, next: nextAfter(last) } : { items }
}
