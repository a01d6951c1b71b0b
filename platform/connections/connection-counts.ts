// The port of connection counts: how many connections somebody holds, over all gateways. It may forget;
// what it guards is memory, not right and wrong.
export interface ConnectionCounts {
  /**
   * One connection more for `key` (a user, an address). False, and nothing is counted, where all gateways
   * together hold `max` already.
   */
  enter(key: string, max: number): Promise<boolean>
  /** A connection that was let in is gone. */
  leave(key: string): void
}
