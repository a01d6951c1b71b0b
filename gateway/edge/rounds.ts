// Which socket a sweep looks at: whoever's deadline has come, and whoever has to be kept an eye on. Nobody looks at
// the others, so a socket that does nothing costs nothing between two pings. That, channels that rest
// (`fanout/sweeper.ts`) and less measuring of the event loop (`platform/metrics.ts`) took what 19,000 idle connections
// cost to 0.58 of what it was, while everybody was looked at each second.
import { secondsAfter } from '../session/seconds.ts'

/** Looks at a socket, and says when to do so again: epoch ms, Infinity where it is gone. */
type Look<Socket> = (socket: Socket) => number

export class Rounds<Socket> {
  /**
   * Each socket once, under the whole second in which it is due. A socket that closes is not searched for: it is
   * let go when its second comes, which is no later than the ping that it would have got.
   */
  readonly #bySecond = new Map<number, Socket[]>()
  readonly #attended = new Set<Socket>()
  /** Up to which second all have been looked at. */
  #sweptTo: number

  constructor(nowMs: number) {
    this.#sweptTo = Math.floor(nowMs / 1_000)
  }

  /** Has a new socket looked at when it is due, and from then on whenever it wants to be. */
  enter(socket: Socket, dueMs: number): void {
    // What is due already comes with the next sweep.
    const second = Math.max(secondsAfter(dueMs), this.#sweptTo + 1)
    const together = this.#bySecond.get(second)
    if (together === undefined) this.#bySecond.set(second, [socket])
    else together.push(socket)
  }

  /** Has the socket looked at by each sweep besides, until `rest`. Safe to call twice. */
  attend(socket: Socket): void {
    this.#attended.add(socket)
  }

  rest(socket: Socket): void {
    this.#attended.delete(socket)
  }

  sweep(nowMs: number, look: Look<Socket>): void {
    for (const socket of this.#attended) look(socket)
    const [from, to] = [this.#sweptTo + 1, Math.floor(nowMs / 1_000)]
    // Before anybody is looked at: who is due again at once comes with the next sweep, not again with this one.
    this.#sweptTo = Math.max(this.#sweptTo, to)
    for (let second = from; second <= to; second += 1) {
      const due = this.#bySecond.get(second)
      if (due === undefined) continue
      this.#bySecond.delete(second)
      for (const socket of due) {
        const dueMs = look(socket)
        if (dueMs !== Infinity) this.enter(socket, dueMs)
      }
    }
  }
}
