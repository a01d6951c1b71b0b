// Every bound of the chat store, with its unit in its name and the reason for its size.

/** Commands of one batch: beyond it a commit takes longer without carrying more a second. */
export const batchCommandsMax = 256
/** Batches under way at once: while one is committed another is read and decided. */
export const lanesDefault = 4
/** Commands that wait in a lane; far more than wait when the store keeps up. */
export const inboxCommandsMax = 65_536
/** A command that would wait longer is turned away at once: its sender can try elsewhere. */
export const inboxWaitMsMax = 500
/** Times a command is decided anew because its conversation was changed elsewhere meanwhile. */
export const conflictsMax = 8

/** How long a message may be changed by its author. */
export const editWindowMs = 15 * 60_000
/** How long a message may be deleted for all by its author. */
export const deleteWindowMs = 60 * 60_000
/** At most one receipt of a member in this time is told; the newest marks are told at its end. */
export const receiptIntervalMs = 1_000
/** Different emoji on one message, so that its view stays small. */
export const emojiPerMessageMax = 20
/** Of a quoted text. */
export const quoteCharactersMax = 200
/** An offer ends within this. */
export const offerLifeMsMax = 30 * 24 * 3_600_000

/** For how long the same text in several conversations counts as repeated. */
export const repeatedTextWindowMs = 10 * 60_000
/** Shorter texts are said again and again by honest people. */
export const repeatedTextCharactersMin = 20

// ---- keeping ----------------------------------------------------------------------------------

export const dayMs = 24 * 3_600_000
/** Rooms are for the moment; what two people agreed on is kept until the operator says otherwise. */
export const roomRetentionDays = 30
/** Months for which there is room before they begin: a store that is down for weeks finds its place. */
export const monthsAhead = 2
/** How often retention is looked after. */
export const thinningPeriodMs = 3_600_000
/** Conversations thinned in one transaction: few enough that nobody waits long for a row. */
export const thinnedConversationsPerPass = 100
/** How often erasures are looked after. */
export const erasurePeriodMs = 5_000
/** Users looked at in one pass. */
export const erasuresPerPass = 20
/** Messages erased at a time. */
export const erasedMessagesPerPass = 200
