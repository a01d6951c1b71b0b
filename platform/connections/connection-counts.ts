// The port of connection counts: how many connections somebody holds, over all gateways. It may forget;
// what it guards is memory, not right and wrong.
export interface ConnectionCounts {
  /**
   * One connection more for `key` (a user, an address). False, and nothing is counted, where all gateways
   * together hold `max` already. A promise only where somebody has to be asked.
   */
  enter(key: string, max: number): boolean | Promise<boolean>
  /** One connection more for `key`, however many there are: for what is only to be known. */
  add(key: string): void
  /** A connection that was let in, or added, is gone. */
  leave(key: string): void
  /**
   * How many connections all gateways together hold for each of `keys`, in their order, as was heard within
   * the last second.
   * @throws where the other gateways' counts cannot be known just now.
   */
  held(keys: readonly string[]): Promise<readonly number[]>
}
