// What a socket has been given and has not taken. Only sockets that lag behind have one.
import { socketBufferSoftBytesMax, socketStuckMs } from '../limits.ts'

/** What shall become of a socket that lags behind. */
export type BacklogVerdict =
  | 'wait'
  /** It leaves the fan-out of its state channels until it has drained. */
  | 'step_aside'
  /** It owes what may not be skipped, and takes nothing: it is closed. */
  | 'overflow'

export class Backlog {
  /** When bytes were last seen to go, epoch ms. */
  #movedMs: number
  /** Whether replies or durable publications are among the bytes that wait. */
  #owes = false
  /** The state channels whose fan-out the socket has left, by the seq it was told last. */
  readonly behind = new Map<string, number>()

  constructor(nowMs: number) {
    this.#movedMs = nowMs
  }

  moved(nowMs: number): void {
    this.#movedMs = nowMs
  }

  owe(): void {
    this.#owes = true
  }

  judge(waitingBytes: number, nowMs: number): BacklogVerdict {
    const isStuck = nowMs - this.#movedMs >= socketStuckMs
    if (isStuck && this.#owes) return 'overflow'
    return isStuck || waitingBytes > socketBufferSoftBytesMax ? 'step_aside' : 'wait'
  }
}
