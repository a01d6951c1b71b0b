// How far NATS has followed: the server's word that it has taken what was sent, and the bytes for which
// that word is still out.
import type { NatsConnection } from 'nats'

/** So many bytes are sent before the server is asked whether they have arrived. */
const confirmEveryBytes = 256 * 1024
/** A server that is this far behind will not catch up in time; memory has better uses. */
const unconfirmedBytesMax = 16 * 1024 * 1024

export class NatsFlow {
  /** Who waits for the server's word. */
  readonly #waiting = new Set<(error: Error) => void>()
  #connection: NatsConnection | undefined
  #unconfirmedBytes = 0
  #unaskedBytes = 0

  get unconfirmedBytes(): number {
    return this.#unconfirmedBytes
  }

  get isBackedUp(): boolean {
    return this.#unconfirmedBytes > unconfirmedBytesMax
  }

  /** All starts anew; what an earlier connection did not confirm is lost or was taken. */
  begin(connection: NatsConnection): void {
    this.#connection = connection
    this.#unconfirmedBytes = 0
    this.#unaskedBytes = 0
  }

  /** The connection is lost: who waits for its server's word will not get it. */
  end(error: Error): void {
    this.#connection = undefined
    for (const reject of this.#waiting) reject(error)
    this.#waiting.clear()
  }

  sent(bytes: number): void {
    this.#unconfirmedBytes += bytes
    this.#unaskedBytes += bytes
    if (this.#unaskedBytes >= confirmEveryBytes) void this.#confirm(this.#unaskedBytes)
  }

  /** Resolves when the server has taken everything sent so far; rejects where the connection is lost. */
  flushed(): Promise<void> {
    const connection = this.#connection
    if (connection === undefined) return Promise.reject(new Error('NATS is away'))
    // The library's own promise may wait for the next connection, or for ever where there is none.
    return new Promise((resolve, reject) => {
      this.#waiting.add(reject)
      connection
        .flush()
        .then(resolve, reject)
        .finally(() => this.#waiting.delete(reject))
    })
  }

  async #confirm(bytes: number): Promise<void> {
    this.#unaskedBytes = 0
    try {
      await this.flushed()
      this.#unconfirmedBytes -= bytes
    } catch {
      // `begin` counts anew.
    }
  }
}
