// Text that is stored and shown.
import { z } from 'zod'

/**
 * Neither NUL nor half of a surrogate pair: PostgreSQL can store neither, and one bidder's or
 * seller's odd string must not fail the batch that holds everybody else's bids.
 */
const storable = /^[^\0\p{Cs}]*$/u

/** A string of at most `charactersMax` UTF-16 units that every encoding and every table can hold. */
export const Text = (charactersMax: number) =>
  z
    .string()
    .max(charactersMax)
    .regex(storable, { message: 'expected text without NUL and without half of a surrogate pair' })
