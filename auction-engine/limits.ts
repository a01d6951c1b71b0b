// Every bound of the engine, with its unit in its name and the reason for its size. What an operator or
// a load test may change is in `EngineLimits`; `config.ts` reads the environment.

/** What may be set per engine. */
export interface EngineLimits {
  /** Workers side by side, each with a connection to the database; a shard belongs to one of them. */
  readonly lanes: number
  /** Decisions in one transaction. */
  readonly decisionsPerBatchMax: number
  /** A bid that would wait longer than this for its decision is turned away instead. */
  readonly inboxWaitMsMax: number
  /** How long an owner may be silent before another takes its shards. */
  readonly leaseMs: number
  /** Answers remembered per lane; for older ones the database's unique key is asked. */
  readonly answersPerLaneMax: number
}

export const defaultLimits: EngineLimits = {
  // One takes everything that waits into one batch, and decides the next one meanwhile. Two side by side halve
  // the batches: with 256 bidders on 1,000 lots a bid cost PostgreSQL and the engine a third more. With
  // 1 ms added to each fsync both cost the same, and two are the faster ones: `ENGINE_LANES` is for such disks.
  lanes: 1,
  // Beyond it a batch takes longer, and the next one waits longer, than it saves in transactions.
  decisionsPerBatchMax: 512,
  // Long enough to absorb a burst of the last second, short enough that a refused bidder can try again.
  inboxWaitMsMax: 150,
  // Shorter, and a slow disk or a long garbage collection costs the shards. Longer, and lots stand still for
  // more than six seconds after a crash: the lease, a look, and on a busy machine a second to read the lots.
  leaseMs: 4_500,
  // Minutes of a busy sale: whoever repeats a command does so within seconds.
  answersPerLaneMax: 65_536,
}

// ---- the inbox --------------------------------------------------------------------------------

/** Memory's bound on what waits in a lane, for commands that the waiting time does not bound too. */
export const inboxCommandsMax = 65_536
/** Told to a bidder who is turned away, plus as much again at random, so that not all return together. */
export const retryAfterMsMin = 100

// ---- the commit -------------------------------------------------------------------------------

/** A batch that could not be committed for so long is given up, and those who wait are told the truth. */
export const commitGiveUpMs = 2_000
/** Between attempts at one batch: a restarted connection is back in milliseconds, a server in seconds. */
export const commitRetry = { delayMsMin: 20, delayMsMax: 250 } as const

// ---- memory -----------------------------------------------------------------------------------

/** A lot that is not about to open or close is let go when nobody asked for it for so long. */
export const lotIdleMs = 30_000
/** Lots read in one query, at recovery too: some milliseconds each time, so others get their turn. */
export const lotsPerLoadMax = 500

// ---- time -------------------------------------------------------------------------------------

/** How often leases are renewed, shards are balanced and due lots are looked for. */
export const heartbeatMs = 1_000
/** Admission ends this long before the lease does: a paused process must notice before another decides. */
export const leaseSafetyMs = 1_000
/** An owner renews several times before it must stop admitting; with a shorter lease it would stop by itself. */
export const leaseMsMin = leaseSafetyMs + 3 * heartbeatMs
/** A lot is loaded this long before it opens or closes, so that its timer is set in time. */
export const dueHorizonMs = 5_000
/** Due lots loaded per heartbeat; a sale whose lots all end together takes a few of them. */
export const dueLotsMax = 2_000

// ---- the fleet --------------------------------------------------------------------------------

/** How often an engine that could own more looks for free shards: so long a lapsed lease is not noticed. */
export const lookEachMs = 250
/**
 * An engine that was not heard of for so long has no share any more. Less than a lease, so that the others
 * know their larger shares when its shards become free.
 */
export const attendanceMs = 3_000
/** Shards that lay free for so long are taken by anybody, whatever the shares are. */
export const orphanedMs = 2_000
/** Shards handed over together: enough to be done soon, few enough for each lot to pause briefly. */
export const handoffShardsMax = 16
/** A planned handoff that takes no longer is no absence: nobody lost a bid by it. */
export const handoffMsMax = 300
/** So long an engine waits for the next owner of the shards it gave up, before it gives up more. */
export const handoffWaitMs = 1_000
/** After shards for which nobody came it keeps what it has for so long: whose share they are is not well. */
export const handoffRestMs = 10_000
/** A lot that is so near its end changes its owner only if that one is stopped. */
export const closingMs = 10_000
/**
 * An engine that nobody can reach for so long gives its shards up: longer than a bus takes to come back,
 * shorter than a lease.
 */
export const unreachableMs = 3_000
/** Whoever finds that its leases ran out so long ago stood still meanwhile. */
export const stoodStillMs = 500
/** What a lot gets whose owner was away in its last moments, from the moment somebody decides for it again. */
export const failoverGraceMs = 15_000

// ---- telling ----------------------------------------------------------------------------------

/** Events of one lot per second that are told one by one; above it, one state per tick. */
export const eventsPerSecond = 20
/** Bids of one moment on a quiet lot, each told on its own. */
export const eventsBurst = 20
/** 50 ms: nobody sees a price change faster. */
export const conflationTickMs = 1_000 / eventsPerSecond
/** Of a long row only the newest events are relayed: each carries the whole public state. */
export const relayEventsMax = 20
