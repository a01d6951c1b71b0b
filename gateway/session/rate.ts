// How often, in one number: the generic cell rate algorithm. Each taking moves the moment until
// which everything so far is paid for; too far ahead of now is too often.

export interface Rate {
  /** What one taking costs in time; 0 where nothing is limited. */
  readonly intervalMs: number
  /** Takings at once, from rest. */
  readonly burst: number
}

/** The new moment, or undefined where it is too often. */
export function take(paidMs: number, rate: Rate, nowMs: number): number | undefined {
  const next = Math.max(paidMs, nowMs) + rate.intervalMs
  return next - nowMs > rate.burst * rate.intervalMs ? undefined : next
}
