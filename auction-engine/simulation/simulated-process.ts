// A process as the others see it: it works, stands still, or is dead. Everything that comes to it (timers,
// messages, answers of the store) comes through `deliver`.
import type { Clock, Timer } from '../../platform/clock.ts'
import type { World } from './world.ts'

export class SimulatedProcess {
  readonly name: string
  /** Its own clock, which goes at the right pace but is off by `skewMs`. */
  readonly clock: Clock
  readonly #world: World
  #state: 'works' | 'stands' | 'dead' = 'works'
  /** What came while it stood still. */
  #waiting: (() => void)[] = []
  #ambush: (() => void) | undefined

  constructor(world: World, name: string, skewMs: number) {
    this.name = name
    this.#world = world
    const after = (delayMs: number, action: () => void): Timer => {
      let isCancelled = false
      world.after(delayMs, () =>
        this.deliver(() => {
          if (!isCancelled) action()
        }),
      )
      return {
        cancel() {
          isCancelled = true
        },
      }
    }
    this.clock = {
      nowMs: () => world.nowMs() + skewMs,
      after,
      every(periodMs, action) {
        let timer: Timer
        const arm = (): void => {
          timer = after(periodMs, () => {
            arm()
            action()
          })
        }
        arm()
        return { cancel: () => timer.cancel() }
      },
    }
  }

  get isDead(): boolean {
    return this.#state === 'dead'
  }

  /** `strike` is to happen when the process is next about to send a commit, before it has left. */
  lieInWait(strike: () => void): void {
    this.#ambush = strike
  }

  /** Something is to leave this process: at once, or when it goes on, or never. */
  send(leave: () => void, isCommit = false): void {
    const strike = this.#ambush
    if (isCommit && strike !== undefined) {
      this.#ambush = undefined
      strike()
    }
    this.#world.after(0, () => this.deliver(leave))
  }

  deliver(action: () => void): void {
    if (this.#state === 'works') action()
    else if (this.#state === 'stands') this.#waiting.push(action)
  }

  /** As SIGSTOP does: nothing reaches it, and it does not notice. */
  freeze(): void {
    if (this.#state === 'works') this.#state = 'stands'
  }

  /** As SIGCONT does: all that came meanwhile comes now, in whatever order. */
  resume(): void {
    if (this.#state !== 'stands') return
    this.#state = 'works'
    const waiting = this.#waiting
    this.#waiting = []
    for (const action of waiting) this.#world.after(0, () => this.deliver(action))
  }

  /** As SIGKILL does: its memory is gone. What it had sent is on its way all the same. */
  kill(): void {
    this.#state = 'dead'
    this.#waiting = []
  }
}
