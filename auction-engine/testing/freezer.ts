// A process that stands still, as SIGSTOP makes it, and goes on as if nothing had been: its timers do not
// fire and nothing reaches it over the bus until it is let go on. All of that comes then, the messages
// first, before any timer can tell how late it is.
import type { Bus } from '../../platform/bus/bus.ts'
import type { Clock } from '../../platform/clock.ts'

export class Freezer {
  #isFrozen = false
  readonly #messages: (() => void)[] = []
  readonly #timers = new Set<() => void>()

  freeze(): void {
    this.#isFrozen = true
  }

  thaw(): void {
    this.#isFrozen = false
    const due = [...this.#messages.splice(0), ...this.#timers]
    this.#timers.clear()
    for (const action of due) action()
  }

  /** The clock as the process has it. */
  clock(clock: Clock): Clock {
    const held = (action: () => void) => () => {
      if (this.#isFrozen) this.#timers.add(action)
      else action()
    }
    const cancelling = (action: () => void, timer: { cancel(): void }) => ({
      cancel: () => {
        this.#timers.delete(action)
        timer.cancel()
      },
    })
    return {
      nowMs: () => clock.nowMs(),
      after: (delayMs, action) => cancelling(action, clock.after(delayMs, held(action))),
      every: (periodMs, action) => cancelling(action, clock.every(periodMs, held(action))),
    }
  }

  /** The bus as the process has it. */
  bus(bus: Bus): Bus {
    const arriving = (): Promise<void> =>
      this.#isFrozen ? new Promise((resolve) => this.#messages.push(resolve)) : Promise.resolve()
    return {
      publish: (subject, message) => bus.publish(subject, message),
      request: (subject, message, timeoutMs) => bus.request(subject, message, timeoutMs),
      listen: (subject, handler) =>
        bus.listen(subject, (message, on) => {
          if (this.#isFrozen) this.#messages.push(() => handler(message, on))
          else handler(message, on)
        }),
      serve: (subject, handler, options) =>
        bus.serve(
          subject,
          async (message) => {
            await arriving()
            return handler(message)
          },
          options,
        ),
    }
  }
}
