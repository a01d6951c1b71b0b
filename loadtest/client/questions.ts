// What a device has asked on its connection, and who waits for the answers.
import type { ErrorObject } from '../../protocol/errors.ts'
import type { Ping, Reply } from '../../protocol/frames.ts'

/** What came of a command: the result, the protocol's error, or neither where the connection was lost. */
export type Answered = (result: unknown, error: ErrorObject | undefined) => void

/** Whether it answers something; a ping answers nothing. */
export function isReply(message: Reply | Ping): message is Reply {
  return 'id' in message
}

export class Questions {
  /** Made when something is first asked; a device that only listens asks once. */
  #waiting: Map<number, Answered> | undefined
  #lastId = 0

  /** The id of a command whose answer goes there. */
  expect(answered: Answered): number {
    this.#lastId += 1
    this.#waiting ??= new Map()
    this.#waiting.set(this.#lastId, answered)
    return this.#lastId
  }

  answer(reply: Reply): void {
    const answered = this.#waiting?.get(reply.id)
    this.#waiting?.delete(reply.id)
    if ('error' in reply) return answered?.(undefined, reply.error)
    // A reply holds its id and the one field of its result.
    for (const [field, result] of Object.entries(reply)) {
      if (field !== 'id') return answered?.(result, undefined)
    }
  }

  /** The connection is lost: nobody who waits gets an answer. */
  lose(): void {
    const waiting = this.#waiting
    this.#waiting = undefined
    for (const answered of waiting?.values() ?? []) answered(undefined, undefined)
  }
}
