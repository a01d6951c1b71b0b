// The notifier's bounds, each with its reason.

/** Commits one pass takes: enough to drain a backlog fast, few enough to hold their rows only briefly. */
export const commitsPerPassMax = 256

/** Events one pass reads: a commit may hold hundreds, and all of a pass are in memory at once. */
export const eventsPerPassMax = 2_000

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
