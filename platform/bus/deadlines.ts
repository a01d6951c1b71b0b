// Many deadlines, few timers: what waits is kept by how long it waits, so each group is in the order
// it falls due, and one timer per group watches the head of it. A deadline that is met in time (as
// nearly all are) costs one insertion and one removal.
import type { Clock, Timer } from '../clock.ts'

export interface Expiring {
  /** Set by `Deadlines.add`. */
  dueMs: number
  readonly timeoutMs: number
  /** Called once, when the deadline has passed. */
  expire(): void
}

class Group {
  /** In order of `dueMs`: a Set keeps the order of insertion. */
  readonly waiting = new Set<Expiring>()
  timer: Timer | undefined
}

export class Deadlines {
  readonly #clock: Clock
  readonly #groups = new Map<number, Group>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  add(item: Expiring): void {
    let group = this.#groups.get(item.timeoutMs)
    if (group === undefined) {
      group = new Group()
      this.#groups.set(item.timeoutMs, group)
    }
    item.dueMs = this.#clock.nowMs() + item.timeoutMs
    group.waiting.add(item)
    if (group.timer === undefined) this.#watch(group, item.timeoutMs, item.timeoutMs)
  }

  remove(item: Expiring): void {
    this.#groups.get(item.timeoutMs)?.waiting.delete(item)
  }

  #watch(group: Group, timeoutMs: number, delayMs: number): void {
    group.timer = this.#clock.after(delayMs, () => this.#expire(group, timeoutMs))
  }

  #expire(group: Group, timeoutMs: number): void {
    const nowMs = this.#clock.nowMs()
    // What an `expire` adds meanwhile comes last in the same walk, so the group is watched once.
    for (const item of group.waiting) {
      if (item.dueMs > nowMs) {
        this.#watch(group, timeoutMs, item.dueMs - nowMs)
        return
      }
      group.waiting.delete(item)
      item.expire()
    }
    this.#groups.delete(timeoutMs)
  }
}
