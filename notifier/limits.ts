// The notifier's bounds, each with its reason.

/**
 * Commits one pass takes: few enough to hold their logs only briefly, and enough that those of a hot lot, some
 * hundred a second, are one stretch after it has rested for long.
 */
export const commitsPerPassMax = 800

/**
 * Events one pass reads: a commit may hold hundreds, and all of a pass are in memory at once. Of a lot's events
 * hardly anything is read, and a storm of bids is told the cheaper the more of it are told as one.
 */
export const eventsPerPassMax = { lot: 20_000, conversation: 2_000 } as const

/**
 * A lot in a storm is told of so often: nobody reads faster. Each telling writes a row for nearly each of its
 * bidders, so a lot with hundreds of them is told of once a second: five times, a storm of 256 took PostgreSQL three
 * times as much work, and the notifier half as much again.
 * Before it counts as a storm so many tellings may follow each other at once.
 */
export const lotTellings = {
  everyMs: 200,
  noticesPerSecond: 250,
  everyMsMax: 1_000,
  burst: 5,
} as const

/** How often it looks without being woken: a hint may be lost, and this is the delay that costs. */
export const pollMs = 1_000

/**
 * The pause between two passes, unless there is a backlog. Under a storm of bids it gathers what each
 * of some hundred commits would otherwise ask for alone; it is also how soon it looks again for a
 * commit in the hands of another notifier.
 */
export const pauseMs = 20

/** After a failure it waits: at first hardly, then up to so long, and is back soon after the database is. */
export const failureDelays = { delayMsMin: 100, delayMsMax: 5_000 } as const

// ---- jobs and pushes --------------------------------------------------------------------------

/** For so long an outbid waits for a later one on the same lot: two bidders may outbid each other ten times a second. */
export const outbidHoldMs = 1_000

/** For so long what is read elsewhere is gathered before a device is told to take it away. */
export const badgeHoldMs = 1_000

/** Pushes decided or on their way at once. */
export const pushJobsAtOnce = 100

/**
 * So long, and so many, are gathered for one statement: one statement for each took PostgreSQL twice as long, and
 * at 500 pushes a second on a busy machine fifty times as many round trips. What is noted late is sent again where
 * the notifier dies meanwhile; whoever gets it knows it by its key.
 */
export const pushBatches = {
  facts: { gatherMs: 5, itemsMax: pushJobsAtOnce },
  ends: { gatherMs: 20, itemsMax: pushJobsAtOnce },
} as const

/** A push service that is away is asked again after this: at first soon, then every ten minutes at most. */
export const pushRetryDelays = { delayMsMin: 1_000, delayMsMax: 600_000 } as const

/** So often one push is offered to a service that is away; some three hours. */
export const pushTriesMax = 40

/** What was noted of a push serves to take it away again, and to not send it twice; then it goes. */
export const pushesKeptMs = 2 * 24 * 3_600_000
export const pushKeepingPeriodMs = 600_000
export const pushRowsPerPass = 5_000

/** Bidders are told so long before the end, found so often, and so many lots in a transaction. */
export const endingSoonMs = 5 * 60_000
export const endingPeriodMs = 5_000
export const endingLotsPerPass = 50

/** How jobs are looked for and noted. */
export const jobPace = {
  /** A job that falls due is found by looking; one that is added says so. */
  pollMs: 500,
  /** Jobs that ended within so short a time are noted at once. */
  noteMs: 10,
  /** How often what has become superfluous is removed. */
  sweepMs: 60_000,
  /** How often a worker says that it lives: what a dead one had locked is free soon after. */
  beatMs: 1_000,
  trustMs: 5_000,
  /** Twice what is relied upon: no clock runs twice as fast as another. */
  silenceMs: 10_000,
} as const

// ---- Firebase Cloud Messaging -----------------------------------------------------------------

/** What a Firebase project may send in a minute, unless Google was asked for more. */
export const fcmQuotaPerMinute = 600_000

/** The part of the quota that is used: messages sent by hand and what FCM counts otherwise have room. */
export const fcmQuotaShare = 0.9

/** Pushes on their way to FCM at once, each on a connection of its own. */
export const pushesInFlightMax = 200

/** Pushes that wait for one of those ways: a few seconds' worth. Beyond them the jobs wait instead. */
export const pushesWaitingMax = 2_000

/** A push is given up after this: longer than the SDK waits for an answer, and than a token is fetched. */
export const pushMsMax = 20_000

/** A connection that had idled too long breaks at once; what breaks later is not tried again here. */
export const secondTryMsMax = 1_000

/** Where FCM is over its quota and does not say for how long: its documentation asks for a minute. */
export const quotaPauseMs = 60_000

/** What FCM may ask for. A longer pause would be a mistake in its clock, or ours. */
export const pauseMsMax = 600_000

/**
 * While half of what was sent in so long came to nothing FCM is left alone, and asked again after a while.
 * Fewer than `perSecondMin` say nothing about it.
 */
export const circuit = {
  failedShare: 0.5,
  windowMs: 10_000,
  perSecondMin: 1,
  asksAgainAfterMs: 5_000,
} as const

/** Tokens that FCM says are of another project, one after the other, until that is taken for our fault. */
export const mismatchesInRowMax = 10

/** What FCM has against the project it says with every push; so often it is logged. */
export const complaintEveryMs = 60_000

// ---- webhooks ---------------------------------------------------------------------------------

/** Webhooks in all: they are for the marketplace's own systems, of which there are a few. */
export const webhooksMax = 32
/** Secrets of one webhook that sign at the same time: each makes the header longer. */
export const secretsPerWebhookMax = 4
/** As many as the specification of Standard Webhooks recommends. */
export const secretBytes = 32
/** For so long bids on a lot are gathered into one event. */
export const gatherBidsMs = 1_000
/** Deliveries to one webhook at once from one notifier: a slow receiver holds these, and nobody else's. */
export const inFlightPerWebhookMax = 32
/** No receiver is waited for longer; it should take an event and work on it afterwards. */
export const attemptMs = 15_000
/** For so long a delivery is its sender's: twice what an attempt takes, for one that is slow itself. */
export const deliveryLeaseMs = 30_000
/** Of an answer's body so much is read; the rest breaks the connection. */
export const responseBytesMax = 64 * 1024
/** An unused connection to a receiver is closed after this, before most servers close it themselves. */
export const webhookIdleMs = 4_000
/** Looking up a name while somebody waits for whether it will do. */
export const lookupMs = 1_500
/** How often it looks for deliveries that are due. */
export const deliveriesPollMs = 250
/** How often old deliveries are given up and forgotten, and the lag is measured. */
export const deliveriesTidyMs = 30_000
/** A webhook that took nothing for so long is paused: as long as the schedule of one delivery lasts. */
export const failingPauseMs = 3 * 24 * 3_600_000
/** What was due to a paused webhook for so long is given up. */
export const pausedWaitMs = 3 * 24 * 3_600_000
/** Delivered ones can be looked at for so long; there may be a thousand a second of them. */
export const deliveredKeptMs = 24 * 3_600_000
/** What was given up can be replayed for so long after it happened. */
export const deadKeptMs = 14 * 24 * 3_600_000
/** Events deleted in one statement. */
export const forgetRowsMax = 5_000
/** Deliveries that one call replays. */
export const replayRowsMax = 10_000

// ---- feeds and devices ------------------------------------------------------------------------

/** Commands that are carried out at once, those of a user one after the other. */
export const deskLanes = 4
/** Commands that wait in a lane; far more than wait when the database keeps up. */
export const deskCommandsMax = 4_096
/** A command that would wait longer than this is turned away: whoever sent it can try elsewhere. */
export const deskWaitMsMax = 500
/**
 * What was asked longer ago nobody waits for any more: a process that had stood still must not undo what was
 * settled since. Far longer than a gateway waits, since its clock may differ.
 */
export const deskStaleMs = 15_000
/** Told to whoever is turned away, plus as much again at random, so that not all return together. */
export const deskRetryAfterMsMin = 200
/** What could not be carried out after so many tries, a moment apart, is not known to be done. */
export const deskTriesMax = 6
export const deskRetry = { delayMsMin: 20, delayMsMax: 250 } as const
/** Phones, tablets and browsers of one user; the one unheard of for longest makes room for another. */
export const devicesPerUserMax = 50
/** That a device was heard of is written this often: devices are forgotten after months. */
export const seenPrecisionMs = 3_600_000
/** Acknowledgements of devices are gathered for so long: no push is decided upon sooner. */
export const gatherMarksMs = 20
/** Acknowledgements in one statement. Where so many wait already, further ones are lost. */
export const deviceMarksMax = 5_000

/** Half a year: nobody looks further back at what it was outbid on. */
export const notificationsKeptMs = 180 * 24 * 3_600_000
/** As long as the push service keeps a token of a device that is never online. */
export const devicesKeptMs = 270 * 24 * 3_600_000
/** Longer than any push may still be due. */
export const deviceMarksKeptMs = 2 * 24 * 3_600_000
/** How often it is looked for what has become old. */
export const feedKeepingPeriodMs = 600_000
/** Rows deleted in one transaction: few enough that nobody waits long for one. */
export const feedRowsPerPass = 2_000
/** How often it is looked for users who are to be erased. */
export const feedErasurePeriodMs = 5_000
/** Users looked at in one pass. */
export const erasuresPerPass = 20
