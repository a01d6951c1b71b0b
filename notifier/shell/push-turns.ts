// What a device shows under one tag is replaced by what comes after it. So of those that go to one tag at about
// the same time each waits for the one before: on two connections the older might arrive last, and stay.
import type { PushRef } from '../ports/push-book.ts'

interface Turn {
  readonly seq: number
  readonly end: Promise<unknown>
}

export class PushTurns {
  /** The last of each device and tag; none where nothing is under way. */
  readonly #last = new Map<string, Turn>()

  /** `work` is told whether a later notification went before it. Rejects as `work` does. */
  async inTurn<Result>(
    { userId, deviceId, seq }: PushRef,
    tag: string,
    work: (isOvertaken: boolean) => Promise<Result>,
  ): Promise<Result> {
    const key = JSON.stringify([userId, deviceId, tag])
    const before = this.#last.get(key)
    const isOvertaken = before !== undefined && before.seq > seq
    const end = (before?.end ?? Promise.resolve())
      .catch(() => {})
      .then(async () => await work(isOvertaken))
    const turn = { seq: isOvertaken ? before.seq : seq, end }
    this.#last.set(key, turn)
    try {
      return await end
    } finally {
      if (this.#last.get(key) === turn) this.#last.delete(key)
    }
  }
}
