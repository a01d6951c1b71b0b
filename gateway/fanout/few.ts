// One of something or a list: where it is one nearly always, that one needs no list, which takes 56 bytes.

export type Few<T extends object> = T | readonly T[]

/** Nobody and nothing, for all to share. */
export const none: readonly never[] = []

/** `Array.isArray`, for lists that are not to be changed. */
export const isList = <T>(few: T | readonly T[]): few is readonly T[] => Array.isArray(few)

export function listOf<T extends object>(few: Few<T>): readonly T[] {
  return isList(few) ? few : [few]
}

export function countOf(few: Few<object>): number {
  return isList(few) ? few.length : 1
}

/** `few` and `item`. */
export function withItem<T extends object>(few: Few<T>, item: T): Few<T> {
  return countOf(few) === 0 ? item : listOf(few).concat([item])
}

/** `few` without `item`. */
export function withoutItem<T extends object>(few: Few<T>, item: T): Few<T> {
  if (few === item) return none
  const left = listOf(few).filter((other) => other !== item)
  return left.length === 1 && left[0] !== undefined ? left[0] : left
}
