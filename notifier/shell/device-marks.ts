// Notes how far devices have come, gathered: a crowd acknowledges all at once, and nobody waits for it.
import type { Bus, Unlisten } from '../../platform/bus/bus.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Part } from '../../platform/lifecycle.ts'
import type { Logger } from '../../platform/log.ts'
import { classifyDatabaseError, retrying } from '../../platform/retry.ts'
import type { DeviceMark, DeviceMarks } from '../../protocol/feed-commands.ts'
import { deviceMarksSubject, feedQueue } from '../../protocol/subjects.ts'
import { deskRetry, deskTriesMax, deviceMarksMax, gatherMarksMs } from '../limits.ts'
import type { FeedRegister } from '../ports/feed-register.ts'
import type { DeskMetrics } from './feed-desk.metrics.ts'

export interface DeviceMarkGathererOptions {
  readonly register: Pick<FeedRegister, 'note'>
  readonly bus: Bus
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: Pick<DeskMetrics, 'noted' | 'lost'>
}

export class DeviceMarkGatherer implements Part {
  readonly name = 'device marks'
  readonly #options: DeviceMarkGathererOptions
  readonly #stopping = new AbortController()
  #unlisten: Unlisten | undefined
  /** By device and conversation the highest, since nothing goes back. */
  #gathered = new Map<string, DeviceMark>()
  #writing: Promise<void> | undefined

  constructor(options: DeviceMarkGathererOptions) {
    this.#options = options
  }

  async start(): Promise<void> {
    const { bus } = this.#options
    this.#unlisten = await bus.serve(
      deviceMarksSubject,
      async (message) => {
        this.#gather((message as DeviceMarks).marks)
        return {}
      },
      { queue: feedQueue },
    )
  }

  async drain(): Promise<void> {
    this.#unlisten?.()
    await this.#writing
  }

  async stop(): Promise<void> {
    this.#unlisten?.()
    this.#stopping.abort()
    await this.#writing
  }

  #gather(marks: readonly DeviceMark[]): void {
    let lost = 0
    for (const mark of marks) {
      const key = keyOf(mark)
      const known = this.#gathered.get(key)
      if (known === undefined && this.#gathered.size >= deviceMarksMax) lost += 1
      else if (known === undefined || known.seq < mark.seq) this.#gathered.set(key, mark)
    }
    if (lost > 0) this.#options.metrics.lost(lost)
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = undefined
    })
  }

  /** What comes while a statement is under way goes with the next. */
  async #writeAll(): Promise<void> {
    const { clock } = this.#options
    while (this.#gathered.size > 0) {
      await new Promise<void>((resolve) => clock.after(gatherMarksMs, resolve))
      const marks = [...this.#gathered.values()]
      this.#gathered = new Map()
      await this.#write(marks)
    }
  }

  async #write(marks: readonly DeviceMark[]): Promise<void> {
    const { register, clock, log, metrics } = this.#options
    try {
      await retrying(() => register.note(marks, clock.nowMs()), {
        classify: (error) => (classifyDatabaseError(error) === undefined ? undefined : deskRetry),
        clock,
        signal: this.#stopping.signal,
        attemptsMax: deskTriesMax,
      })
      metrics.noted(marks.length)
    } catch (err) {
      metrics.lost(marks.length)
      log.warn({ err, marks: marks.length }, 'acknowledgements of devices were lost')
    }
  }
}

/** As JSON, since ids may hold whatever would divide them. */
function keyOf({ userId, deviceId, conversationId }: DeviceMark): string {
  return JSON.stringify([userId, deviceId, conversationId])
}
