// Sockets that are counted over all gateways, each for one key (its user, its address), by counts that may
// take a while to answer. A socket that closes while its claim is under way leaves nothing behind.
import type { ConnectionCounts } from '../../platform/connections/connection-counts.ts'

export class Claims<Socket extends object> {
  readonly #counts: ConnectionCounts
  readonly #max: number
  /** Those that hold nothing which could be given back: their claim is under way, or was refused. */
  readonly #emptyHanded = new Set<Socket>()

  /** `max` is how many sockets a key may have over all gateways; nothing is counted where it is Infinity. */
  constructor(counts: ConnectionCounts, max: number) {
    this.#counts = counts
    this.#max = max
  }

  /**
   * Counts the socket for `key`; false where the key has too many already. Once for each socket. A promise
   * only where others have to be asked.
   */
  claim(key: string, socket: Socket): boolean | Promise<boolean> {
    if (this.#max === Infinity) return true
    const entering = this.#counts.enter(key, this.#max)
    if (entering === true) return true
    this.#emptyHanded.add(socket)
    return entering === false ? false : this.#claimed(entering, key, socket)
  }

  async #claimed(entering: Promise<boolean>, key: string, socket: Socket): Promise<boolean> {
    if (!(await entering)) return false
    // Whoever is not on the list any more was released, and had nothing to give back then.
    if (!this.#emptyHanded.delete(socket)) this.#counts.leave(key)
    return true
  }

  /** The socket is gone; once for each socket that has claimed. */
  release(key: string, socket: Socket): void {
    if (this.#max === Infinity || this.#emptyHanded.delete(socket)) return
    this.#counts.leave(key)
  }
}
