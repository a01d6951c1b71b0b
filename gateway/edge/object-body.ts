// The body of a request, taken piece by piece at the pace of whoever takes it: while a piece is taken
// nothing more is read from the socket, so a fast sender waits and no memory fills.
import type { HttpResponse as UwsResponse } from 'uWebSockets.js'
import type { Exchange } from './object-exchange.ts'

export class IncomingBody {
  readonly #res: UwsResponse
  readonly #exchange: Exchange
  #chunks: Buffer[] = []
  #isWhole = false
  #isPaused = false

  /** To be made in the callback of the request: what comes before somebody listens is lost. */
  constructor(res: UwsResponse, exchange: Exchange) {
    this.#res = res
    this.#exchange = exchange
    res.onData((chunk, isLast) => {
      // The chunk's memory is taken back after this callback.
      if (chunk.byteLength > 0) this.#chunks.push(Buffer.from(new Uint8Array(chunk)))
      if (isLast) this.#isWhole = true
      // The next request on the connection is to be read, also where the end came with what was held up.
      if (isLast) this.#resume()
      else this.#pause()
      exchange.wake()
    })
  }

  get isWhole(): boolean {
    return this.#isWhole
  }

  /** True when `take` has had all of it, false where the exchange ended before. Rejects as `take` does. */
  async pourInto(take: (chunk: Uint8Array) => Promise<void>): Promise<boolean> {
    for (;;) {
      if (this.#exchange.isOver) return false
      const chunk = this.#chunks.shift()
      if (chunk !== undefined) {
        await take(chunk)
      } else if (this.#isWhole) {
        return true
      } else {
        this.#resume()
        await this.#exchange.change()
      }
    }
  }

  #pause(): void {
    if (this.#isPaused) return
    this.#isPaused = true
    this.#res.pause()
  }

  #resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    this.#res.resume()
  }
}
