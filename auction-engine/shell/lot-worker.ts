// The one writer of a lane's lots, and its pace. `run` is the whole concurrency model: whatever waits is
// decided on drafts and committed in one call; then memory moves, and the watchers and the callers are
// told. One batch is on its way to the journal at a time. No timer: an idle lot's bid is committed at
// once, and while a commit is under way the next batch grows.
import type { Clock } from '../../platform/clock.ts'
import type { Inbox } from '../../platform/inbox.ts'
import type { Admitted } from './admitted.ts'
import type { Decider } from './decider.ts'
import type { DraftBatch } from './draft-batch.ts'
import type { EngineMetrics } from './engine-metrics.ts'
import type { Settled, Settler, Telling } from './settler.ts'

export interface LotWorkerOptions {
  readonly inbox: Inbox<Admitted>
  readonly decider: Decider
  readonly settler: Settler
  readonly clock: Clock
  readonly metrics: EngineMetrics
  /** Commands in one batch. */
  readonly batchMax: number
}

/** A batch on its way to the journal. */
interface Sent {
  readonly batch: DraftBatch
  readonly settling: Promise<Settled>
}

/** A batch that is ready, and what is to be said of the one before it. */
interface Gathered {
  readonly batch: DraftBatch
  readonly tellings: readonly Telling[]
}

export class LotWorker {
  readonly #options: LotWorkerOptions

  constructor(options: LotWorkerOptions) {
    this.#options = options
  }

  /** Works until the inbox is closed and empty. Throws only where the program is at fault. */
  async run(): Promise<void> {
    const { inbox } = this.#options
    let sent: Sent | undefined
    for (;;) {
      const { batch, tellings } = await this.#gather(sent)
      // Even if all of it went elsewhere (their lots have to be read again), none of it waits here.
      const sinceMs = inbox.sent()
      sent = batch.admitted.length === 0 ? undefined : this.#send(batch, sinceMs)
      // The database works on the next batch while the one before it is told.
      for (const telling of tellings) telling()
      if (sent !== undefined) continue
      if (inbox.isClosed && inbox.isEmpty) return
      await inbox.more()
    }
  }

  /**
   * Everything that waits, decided, once the batch under way is settled. What comes until then is decided
   * as it comes, as if that batch were stored already; where it was not, all is decided again.
   */
  async #gather(sent: Sent | undefined): Promise<Gathered> {
    const { inbox, decider, batchMax } = this.#options
    const batch = decider.batch(sent?.batch)
    const decideWaiting = (draft: DraftBatch): DraftBatch => {
      decider.decide(draft, inbox.drain(batchMax - draft.admitted.length))
      return draft
    }
    decideWaiting(batch)
    if (sent === undefined) return { batch, tellings: [] }

    for (;;) {
      const mayGrow = batch.admitted.length < batchMax && !inbox.isClosed
      const settled = await (mayGrow ? Promise.race([sent.settling, inbox.more()]) : sent.settling)
      if (settled === undefined) {
        decideWaiting(batch)
        continue
      }
      if (settled.asDrafted) batch.standAlone()
      const standing = settled.asDrafted ? batch : decider.again(batch.admitted)
      return { batch: decideWaiting(standing), tellings: settled.tellings }
    }
  }

  #send(batch: DraftBatch, sinceMs: number): Sent {
    const { settler, clock, metrics } = this.#options
    metrics.inboxWaitMs.observe(Math.max(0, clock.nowMs() - sinceMs))
    return { batch, settling: settler.settle(batch) }
  }
}
