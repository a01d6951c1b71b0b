// Every bound of the chat store, with its unit in its name and the reason for its size; those of the
// rules themselves are in core/limits.ts.
import type { ConversationKind } from '../protocol/chat.ts'

/** What may be set per store. */
export interface ChatLimits {
  /** Batches under way at once, each with a connection to the database. */
  readonly lanes: number
  /** Commands in one batch. */
  readonly batchCommandsMax: number
  /** A command that would wait longer than this for its batch is turned away instead. */
  readonly inboxWaitMsMax: number
}

export const defaultLimits: ChatLimits = {
  // While one batch is committed others are read and decided.
  lanes: 4,
  // Beyond it a commit takes longer without carrying more a second.
  batchCommandsMax: 256,
  // Its sender can try elsewhere, and a person does not wait longer without trying again anyway.
  inboxWaitMsMax: 500,
}

// ---- the pace ---------------------------------------------------------------------------------

/** Commands that wait in a lane; far more than wait when the store keeps up. */
export const inboxCommandsMax = 65_536
/** Times a command is decided anew because its conversation was changed elsewhere meanwhile. */
export const conflictsMax = 8
/** At most so long a lane pauses after such a conflict, so that the others get their turn. */
export const giveWayMsMax = 100
/** Told to a sender who is turned away, plus as much again at random, so that not all return together. */
export const retryAfterMsMin = 200
/** What could not be read for so long is given up, and those who wait are told. */
export const readGiveUpMs = 1_000
/** Conversations that a lane remembers: those of the last seconds, and no matter which others. */
export const recollectionsMax = 1_024
/** What is remembered is read anew so often: that somebody hides its read marks raises no version. */
export const recollectionLifeMs = 1_000
/** A room has no read marks: only a silence that is imposed in the moment in which somebody first speaks counts late. */
export const roomRecollectionLifeMs = 10_000
/** People remembered of a conversation; where many more talk, few of them talk twice in that time. */
export const rememberedPeopleMax = 2_048
/** Batches without a change by another store before what is remembered is trusted; each such change costs a commit. */
export const undisturbedBatchesMin = 3
/** A batch that could not be committed for so long is given up, and those who wait are told the truth. */
export const commitGiveUpMs = 2_000
/** Between attempts: a restarted connection is back in milliseconds, a server in seconds. */
export const databaseRetry = { delayMsMin: 20, delayMsMax: 250 } as const

/** How often it is looked for offers that end and receipts that were held back. */
export const wakePeriodMs = 250
/** Conversations woken at a time. */
export const wokenMax = 500
/** How often the outbox is looked after. */
export const outboxPeriodMs = 1_000
/** A lost hint costs a store so long with the former rules of moderation. */
export const rulesPeriodMs = 5_000

// ---- what people do ---------------------------------------------------------------------------

/** For how long the same text in several conversations counts as repeated. */
export const repeatedTextWindowMs = 10 * 60_000
/** Texts of senders that are remembered, as hashes; a flood of different ones only forgets earlier. */
export const repeatedTextsMax = 65_536
/** Beyond it a text is as repeated as any rule may ask. */
export const repeatedTextConversationsMax = 1_000

// ---- keeping ----------------------------------------------------------------------------------

export const dayMs = 24 * 3_600_000
/** How many days each kind of conversation is kept; one that is not named is kept for ever. */
export type Retention = Partial<Readonly<Record<ConversationKind, number>>>
/** Rooms are for the moment; what two people agreed on is kept until the operator says otherwise. */
export const defaultRetention = { room: 30 } as const satisfies Retention
/** Months for which there is room before they begin: a store that is down for weeks finds its place. */
export const monthsAhead = 2
/** How often the words of new messages are taken into the search index: at the highest rates, 4 MB wait. */
export const searchPeriodMs = 500
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

// ---- attachments ------------------------------------------------------------------------------

/** A phone's photo in full is 3 to 6 MiB; beyond it nobody waits for a picture in a chat. */
export const imageBytesMax = 10 * 1024 * 1024
/** As much as mail lets through: contracts, reports, tables. */
export const fileBytesMax = 25 * 1024 * 1024
/** Of a file, to see what it is: every type shows itself earlier, and a text its first pages. */
export const attachmentStartBytes = 64 * 1024
/** An upload that nobody has sent by then is not going to be sent; far longer than its link holds. */
export const unsentAttachmentMs = 24 * 3_600_000
/** A message that was under way as its upload was given up is committed by then, and keeps it. */
export const goneAttachmentGraceMs = 60_000
/** How soon the bytes of a deleted message are gone, at the latest. */
export const attachmentSweepPeriodMs = 30_000
/** Removed at a time. */
export const sweptAttachmentsPerPass = 100
