// When lots open and close. A lot that is held has at most one timer, for what time will do to it next;
// what fires is a command like any other, decided behind the bids that were admitted before it.
import type { Clock, Timer } from '../../platform/clock.ts'
import type { LotCommand } from '../core/decision.ts'
import type { LotNow } from '../core/lot.ts'

export type TimerCommand = Extract<LotCommand, { type: 'open_lot' | 'close_lot' }>

export interface Deadline {
  readonly atMs: number
  readonly command: TimerCommand
}

/** What time will do to the lot next, as far as can be said now. */
export function deadlineOf(lotId: string, now: LotNow): Deadline | undefined {
  switch (now.state) {
    case 'scheduled':
      return { atMs: now.startsAtMs, command: { type: 'open_lot', lotId } }
    case 'open':
      return {
        atMs: now.endsAtMs,
        command: { type: 'close_lot', lotId, targetEndsAtMs: now.endsAtMs },
      }
    case 'draft':
    case 'sold':
    case 'unsold':
    case 'withdrawn':
    case 'cancelled':
      return undefined
  }
}

interface SetTimer {
  readonly deadline: Deadline
  readonly timer: Timer
}

export class ClosingTimers {
  readonly #clock: Clock
  readonly #fire: (command: TimerCommand) => void
  readonly #set = new Map<string, SetTimer>()

  /** `fire` is called once per deadline, at it or after, never before. */
  constructor(clock: Clock, fire: (command: TimerCommand) => void) {
    this.#clock = clock
    this.#fire = fire
  }

  /** Sets the lot's timer by where the lot stands; costs nothing where its deadline has not moved. */
  watch(lotId: string, now: LotNow): void {
    const set = this.#set.get(lotId)
    const deadline = deadlineOf(lotId, now)
    if (set !== undefined && deadline !== undefined && isSame(set.deadline, deadline)) return
    this.forget(lotId)
    if (deadline !== undefined) this.#arm(lotId, deadline)
  }

  forget(lotId: string): void {
    this.#set.get(lotId)?.timer.cancel()
    this.#set.delete(lotId)
  }

  #arm(lotId: string, deadline: Deadline): void {
    const timer = this.#clock.after(deadline.atMs - this.#clock.nowMs(), () => {
      // The wall clock may have been set back meanwhile: then it is not yet time.
      if (this.#clock.nowMs() < deadline.atMs) this.#arm(lotId, deadline)
      else this.#fire(deadline.command)
    })
    this.#set.set(lotId, { deadline, timer })
  }
}

function isSame(one: Deadline, other: Deadline): boolean {
  return one.atMs === other.atMs && one.command.type === other.command.type
}
