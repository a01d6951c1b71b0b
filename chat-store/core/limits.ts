// The bounds that belong to the rules of chat, with their unit in their names.

/** How long a message may be changed by its author. */
export const editWindowMs = 15 * 60_000
/** How long a message may be deleted for all by its author. */
export const deleteWindowMs = 60 * 60_000
/** At most one receipt of a member in this time is told; the newest marks are told at its end. */
export const receiptIntervalMs = 1_000
/** The longest pause between two messages of one user in a room. */
export const slowModeMsMax = 300_000
/** Different emoji on one message, so that its view stays small. */
export const emojiPerMessageMax = 20
/** Of a quoted text. */
export const quoteCharactersMax = 200
/** An offer ends within this. */
export const offerLifeMsMax = 30 * 24 * 3_600_000

/** Shorter texts are said again and again by honest people. */
export const repeatedTextCharactersMin = 20
