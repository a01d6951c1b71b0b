// Text that is stored and shown.
import { z } from 'zod'

/**
 * Neither NUL nor half of a surrogate pair: PostgreSQL can store neither, and one bidder's or
 * seller's odd string must not fail the batch that holds everybody else's bids.
 */
export const storable = /^[^\0\p{Cs}]*$/u

/** A string of at most `charactersMax` UTF-16 units that every encoding and every table can hold. */
export const Text = (charactersMax: number) =>
  z
    .string()
    .max(charactersMax)
    .regex(storable, { message: 'expected text without NUL and without half of a surrogate pair' })

/** Nobody nests deeper by hand, and whoever nests without end must not exhaust the stack. */
const depthMax = 8

/** Whether every encoding and every table can hold the value: JSON whose strings and keys are text. */
export function isStorable(value: unknown, depth = 0): boolean {
  if (typeof value === 'string') return storable.test(value)
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value === 'boolean' || value === null) return true
  if (typeof value !== 'object' || depth === depthMax) return false
  if (Array.isArray(value)) return value.every((item) => isStorable(item, depth + 1))
  return Object.entries(value).every(
    ([key, item]) => storable.test(key) && isStorable(item, depth + 1),
  )
}
