// Every bound of the gateway, with its unit in its name and the reason for its size. What an operator
// may change has its default here too; `config.ts` reads the environment.
import type { Limit } from '../platform/limits/limits.ts'
import { subscribesPerFrameMax } from '../protocol/codec.ts'

// ---- a connection before it is known --------------------------------------------------------

/** A client that says nothing holds a file descriptor for no longer than this. */
export const connectDeadlineMs = 5_000
/** A token whose keys or a feed whose store do not answer by then: the client tries again elsewhere. */
export const admissionDeadlineMs = 10_000
/** Room for a token, and no more, for somebody who is not known yet. */
export const firstFrameBytesMax = 4 * 1024
/** And for each subscription which the SDKs put behind `connect`: the channel and where to go on from. */
export const firstSubscribeBytesMax = 256

// ---- a live connection ----------------------------------------------------------------------

/** Below the 30–60 s after which phone networks forget an idle connection. */
export const pingIntervalMs = 25_000
/** Longer than any round trip of a phone that is still there. */
export const pongDeadlineMs = 10_000
/** Time for a client to fetch a new token after the old one ended. */
export const tokenGraceMs = 30_000
/** Every subscription costs memory here and a place in the fan-out; no screen shows more lots. */
export const subscriptionsPerConnectionMax = subscribesPerFrameMax
/** Commands on a channel whose subscription is still being made wait for it, but not without end. */
export const heldCommandsMax = 64
/** Errors that a client brought upon itself: a burst is a bug, a stream is an attack. */
export const errorsPerConnection = { points: 5, windowMs: 1_000, burst: 100 } as const

/** Commands of one connection: beyond any person's pace. Subscriptions said before the greeting are free. */
export const commandsPerConnection: Limit = { points: 50, windowMs: 1_000, burst: 100 }
/** Devices and browser tabs of one user on this gateway. */
export const connectionsPerUserMax = 20
/** An office or a mobile carrier may share one address; a flood from one does not starve the rest. */
export const connectionsPerAddressMax = 200

// ---- file descriptors -----------------------------------------------------------------------

/** Kept free for the database, the bus, HTTP requests, logs, and sockets that are still closing. */
export const fileDescriptorsReserved = 512
/** Assumed where the system does not tell its limit. */
export const fileDescriptorsAssumed = 10_240
/** What a refused client is told to wait before it tries again. */
export const refusedRetryAfterSeconds = 5

// ---- a reader that cannot keep up -----------------------------------------------------------

/** Above it uWebSockets.js drops what it is given, the close frame included. */
export const socketBufferBytesMax = 1024 * 1024
/** Our own bound, so far below that the close code still fits behind what waits. */
export const socketBufferSoftBytesMax = 256 * 1024
/** A socket that has drained to here takes part in the fan-out again. */
export const socketBufferResumeBytes = 64 * 1024
/** A reader that took nothing for so long is slow, however little waits for it. */
export const socketStuckMs = 5_000
/** How often deadlines, pings and buffers of all sockets are looked at. */
export const sweepIntervalMs = 1_000
/** The kernel-side net under our own pings: longer than ping interval and pong deadline together. */
export const socketIdleSeconds = 60

// ---- channels -------------------------------------------------------------------------------

/** Missed publications of a durable channel that come with the subscribe reply; beyond it clients page. */
export const recoveredPublicationsMax = 300
/** Bids shown in a lot's snapshot. */
export const snapshotBidsMax = 20
/** Messages shown in a conversation's snapshot. */
export const snapshotMessagesMax = 50
/** With more sockets of a gateway in a room nobody is told who comes, leaves or types: it would be noise. */
export const crowdMin = 100
/** A sign of typing ends by itself after this; whoever goes on typing gives another. */
export const typingHoldsMs = 6_000
/** Blocks announced while somebody's are being read; more than that is no reading that ends in time. */
export const blockChangesMax = 1_000
/** A channel outlives its last subscriber by this, so that a reconnect finds it warm. */
export const channelLingerMs = 10_000
/** A store that has not answered by then is taken for failing; the client tries again. */
export const loadTimeoutMs = 5_000
/** What may arrive while a channel is loaded or healed; the store has the rest. */
export const earlyEventsMax = 1_000
/** Pause before a gap is read again that the store could not fill. */
export const healRetryMs = 200
/** Events beyond this are not read one by one to fill a gap on a state channel: the newest stands for them. */
export const healedStatesMax = 20
/**
 * A channel compares itself with the store this often: the last event before a silence may be lost
 * on the bus, and no later one would tell.
 */
export const reconcileIntervalMs = 60_000

// ---- how often --------------------------------------------------------------------------------

/** Counted over all gateways; each may be changed by the operator or turned off. */
export const RATES = {
  /** Bids of one user on one lot: faster than fingers, slower than a loop. */
  bidsPerUser: { points: 5, windowMs: 1_000, burst: 10 },
  /** Bids of one user over all lots: a person who watches many lots close in the same minute. */
  bidsPerUserAllLots: { points: 30, windowMs: 1_000 },
  /** Messages, edits, reactions and offers of one user: faster than anybody types. */
  messagesPerUser: { points: 10, windowMs: 1_000, burst: 20 },
  /** Conversations that a user opens with somebody it has never talked to. */
  conversationsOpenedPerUser: { points: 30, windowMs: 3_600_000 },
  /** Signs of typing of one user in one conversation; a sign holds for six seconds. */
  typingPerUser: { points: 1, windowMs: 3_000 },
  /** What a user settles about its feed and its devices: read, preferred, registered, removed. */
  feedCommandsPerUser: { points: 10, windowMs: 1_000, burst: 30 },
  /** HTTP requests under one token, or from one address without any: a marketplace's own back end included. */
  requestsPerToken: { points: 100, windowMs: 1_000 },
} as const satisfies Record<string, Limit>
export type GatewayLimit = keyof typeof RATES

// ---- HTTP -------------------------------------------------------------------------------------

/** As much as a frame may hold: the same commands travel both ways. */
export const bodyBytesMax = 64 * 1024
/** A body that is too large is read on, and thrown away, up to here, so that its sender hears the answer. */
export const bodyDiscardedBytesMax = 16 * 1024 * 1024

// ---- the bytes of attachments -------------------------------------------------------------------

/** Uploads and downloads at once: each holds a file, and up to half a MiB of memory. */
export const transfersMax = 128
/** What one that finds no room is told to wait. */
export const transferRetrySeconds = 2
/** As long as the link of an upload holds: whoever gives or takes a byte now and then is gone by then. */
export const transferMsMax = 15 * 60_000
/** Read from the disk at a time: a few packets ahead of what the network takes. */
export const downloadChunkBytes = 128 * 1024
/** How long a browser may keep what it has fetched: no longer than the link. */
export const downloadCacheSeconds = 3_600

// ---- reading ----------------------------------------------------------------------------------

/** Publications in one `history` reply: enough to page fast, few enough to encode within a turn. */
export const historyItemsMax = 300
/** Lots remembered as published, so that subscribing to one does not read it; 36 bytes of id each. */
export const publishedLotsMax = 100_000
/** Conversations remembered with who is in them, so that a message does not read it; about 200 bytes each. */
export const conversationsRememberedMax = 100_000
/** Connections in one `presence` reply; more than that is a crowd, and crowds are counted. */
export const presenceEntriesMax = 500

// ---- asking the engine and the chat store -----------------------------------------------------

/** Nobody waits longer for a verdict; beyond it the answer is `overloaded` or `unknown`. */
export const verdictDeadlineMs = 2_000
/**
 * A command that has no answer by then is asked again. Whoever has too much to do says so in a third of it, so
 * this is the silence of one who stands still, or who died and whose connection nobody closed.
 */
export const askAgainAfterMs = 500
/** Commands asked again in such a time: beside what an engine decides in it they are nothing. */
export const repeatsPerIntervalMax = 500
/** Messages that somebody says to one conversation before the first is answered: as many as a burst has. */
export const pipelinedMessagesMax = 100
/** What a client is told to wait where nobody served its command until the deadline. */
export const overloadedRetryMs = 500
/** Acknowledgements of devices that travel together, some 150 bytes each. */
export const deviceMarksPerMessageMax = 500

// ---- tokens -----------------------------------------------------------------------------------

/** Tokens verified by published keys remembered, so that a reconnecting crowd costs look-ups instead of signatures. */
export const verifiedTokensMax = 20_000
/**
 * Users and devices whose revocation is remembered, the one revoked longest ago is forgotten first; and for
 * how long by whoever tells those that start later: longer than any token should live.
 */
export const revocationsKept = { keysMax: 100_000, keepMs: 30 * 86_400_000 } as const

// ---- drain ----------------------------------------------------------------------------------

/** 5,000 disconnects a second, in steps small enough that bids are still answered between them. */
export const drainBatchSize = 500
export const drainBatchIntervalMs = 100
/** How long a draining connection waits for the answers it still owes. */
export const drainAnswersMs = 2_500
/** Reconnecting clients are asked to spread themselves over this. */
export const drainSpreadMs = 5_000
