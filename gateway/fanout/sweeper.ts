// The sweeps through the channels: whoever has something under way is looked at by each, and everybody is compared
// with the store in turn. All others rest, and cost nothing.
import type { Clock, Timer } from '../../platform/clock.ts'
import type { Logger } from '../../platform/log.ts'
import { reconcileIntervalMs, sweepIntervalMs } from '../limits.ts'
import type { Swept } from './channel.ts'
import { Rota } from './rota.ts'

interface SweeperOptions<Channel> {
  /** By name. */
  readonly channels: Map<string, Channel>
  readonly clock: Clock
  readonly log: Logger
}

export class Sweeper<Channel extends Swept> {
  readonly #options: SweeperOptions<Channel>
  readonly #attended = new Set<Swept>()
  readonly #comparisons: Rota<Channel>
  #timer: Timer | undefined

  constructor(options: SweeperOptions<Channel>) {
    this.#options = options
    this.#comparisons = new Rota(options.channels, reconcileIntervalMs)
  }

  start(): void {
    this.#timer = this.#options.clock.every(sweepIntervalMs, () => this.#sweep())
  }

  stop(): void {
    this.#timer?.cancel()
    this.#attended.clear()
  }

  /** Has the next sweep look at the channel, and those after it until it rests. */
  attend(channel: Swept): void {
    this.#attended.add(channel)
  }

  /** Has every channel compared with the store by the next sweep. */
  compareAll(): void {
    this.#comparisons.hurry()
  }

  #sweep(): void {
    const { clock, log } = this.#options
    const nowMs = clock.nowMs()
    for (const channel of this.#attended) {
      try {
        this.#look(channel, nowMs)
      } catch (error) {
        log.error({ err: error, channel: channel.name }, 'a channel could not be swept')
      }
    }
    for (const channel of this.#comparisons.pass(sweepIntervalMs)) void channel.compare()
  }

  #look(channel: Swept, nowMs: number): void {
    const { channels } = this.#options
    const found = channel.tick(nowMs)
    if (found === 'attend') return
    this.#attended.delete(channel)
    if (found === 'rest') return
    // One of the same name may have been made since it was let go.
    if (channels.get(channel.name) === channel) channels.delete(channel.name)
    channel.close()
  }
}
