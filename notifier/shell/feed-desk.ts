// Serves what users settle about their feeds and devices. All of it may be done twice, so it is simply tried
// again; it is answered once it is committed, by whichever notifier it came to.
import { assert } from '../../platform/assert.ts'
import type { Bus, Unlisten } from '../../platform/bus/bus.ts'
import type { Part } from '../../platform/lifecycle.ts'
import { untilAborted } from '../../platform/until-aborted.ts'
import type { FeedOutcome } from '../../protocol/feed.ts'
import type { FeedRequest } from '../../protocol/feed-commands.ts'
import { feedCommandsSubject, feedQueue, shardOf } from '../../protocol/subjects.ts'
import { deskLanes } from '../limits.ts'
import { DeskLane, type DeskLaneOptions } from './desk-lane.ts'

export interface FeedDeskOptions extends DeskLaneOptions {
  readonly bus: Bus
}

export class FeedDesk implements Part {
  readonly name = 'feed desk'
  readonly #bus: Bus
  readonly #lanes: readonly DeskLane[]
  #unlisten: Unlisten | undefined

  constructor(options: FeedDeskOptions) {
    this.#bus = options.bus
    this.#lanes = Array.from({ length: deskLanes }, () => new DeskLane(options))
  }

  async start(): Promise<void> {
    for (const lane of this.#lanes) lane.start()
    this.#unlisten = await this.#bus.serve(
      feedCommandsSubject,
      (message) => this.submit(message as FeedRequest),
      { queue: feedQueue },
    )
  }

  /** Carries out what was admitted, and takes nothing more. */
  async drain(signal: AbortSignal): Promise<void> {
    this.#unlisten?.()
    await untilAborted(signal, Promise.all(this.#lanes.map((lane) => lane.drain())))
  }

  async stop(): Promise<void> {
    this.#unlisten?.()
    await Promise.all(this.#lanes.map((lane) => lane.stop()))
  }

  /** Never rejects. What one user settles is carried out in the order in which it came here. */
  submit(request: FeedRequest): Promise<FeedOutcome> {
    const lane = this.#lanes[shardOf(request.actor.userId) % this.#lanes.length]
    assert(lane !== undefined, 'a desk has at least one lane')
    return lane.submit(request)
  }
}
