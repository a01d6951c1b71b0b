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
