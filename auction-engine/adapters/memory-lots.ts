// The engine's store in memory: journal, leases and outbox over one shared state, with the promises of
// PostgreSQL and nothing of its durability. Unit tests and simulations run on it; `fault` makes commits
// fail the way connections do.
import type { Clock } from '../../platform/clock.ts'
import { MemoryOutbox } from '../../platform/memory-outbox.ts'
import type { Answered } from '../core/decision.ts'
import { publication } from '../core/visibility.ts'
import type {
  Claim,
  Claimed,
  CommandKey,
  CommitResult,
  LotBatch,
  LotChange,
  LotJournal,
  LotVerdict,
  StoredLot,
} from '../ports/lot-journal.ts'
import type { LotOutbox, UntoldEvents } from '../ports/lot-outbox.ts'
import type { ShardLeases } from '../ports/shard-leases.ts'
import { type MemoryLeaseOptions, MemoryLeases } from './memory-leases.ts'

/** How a commit goes wrong: before anything was sent, or the answer is lost and it was, or was not, stored. */
export type CommitFault = 'refused' | 'lost_before' | 'lost_after'

interface LotRecord {
  readonly shard: number
  readonly epoch: number
  readonly batchId: string
  readonly stored: StoredLot
}

/** One store; several owners may work on it, each through a journal and leases of its own. */
export class MemoryLots {
  readonly #lots = new Map<string, LotRecord>()
  readonly #answers = new Map<string, Answered>()
  readonly #leases: MemoryLeases
  readonly #outbox = new MemoryOutbox(
    (left: Omit<UntoldEvents, 'outboxId'>, outboxId): UntoldEvents => ({ outboxId, ...left }),
  )

  /** Every batch that was stored, in order. */
  readonly batches: LotBatch[] = []
  /** Asked before each commit; undefined lets it succeed. Waiting in it holds the commit up. */
  fault: (batch: LotBatch) => CommitFault | undefined | Promise<CommitFault | undefined> = () =>
    undefined
  constructor(clock: Clock) {
    this.#leases = new MemoryLeases(clock)
  }

  journal(): LotJournal {
    return {
      warmUp: async () => {},
      commit: (batch) => this.#commit(batch),
      claim: async (claims) => claims.map((claim) => this.#claim(claim)),
      answers: async (keys) => keys.map((key) => this.#answers.get(textOf(key))),
      openLots: async (shards) => this.#lotIds(shards, ({ state }) => state === 'open'),
      dueLots: async (shards, beforeMs, limit) =>
        this.#lotIds(
          shards,
          ({ state, startsAtMs, endsAtMs }) =>
            (state === 'scheduled' && startsAtMs < beforeMs) ||
            (state === 'open' && endsAtMs < beforeMs),
        ).slice(0, limit),
      close: async () => {},
    }
  }

  leases(options: MemoryLeaseOptions): ShardLeases {
    return this.#leases.of(options)
  }

  outbox(): LotOutbox {
    return this.#outbox
  }

  /** Lets the leases that are held run out. */
  expireLeases(): void {
    this.#leases.expire()
  }

  /** True while the leases can not be asked. */
  set leasesFail(isSo: boolean) {
    this.#leases.fail = isSo
  }

  /** The lot as stored. */
  stored(lotId: string): StoredLot | undefined {
    return this.#lots.get(lotId)?.stored
  }

  async #commit(batch: LotBatch): Promise<CommitResult> {
    const fault = await this.fault(batch)
    const cause = new Error(`a commit that was made to fail: ${fault}`)
    if (fault === 'refused') return { type: 'failed', cause }
    if (fault === 'lost_before') return { type: 'in_doubt', cause }
    const result = this.#store(batch)
    return fault === 'lost_after' ? { type: 'in_doubt', cause } : result
  }

  #store(batch: LotBatch): CommitResult {
    const judged = batch.lots.map((change) => ({ change, verdict: this.#judge(batch, change) }))
    const written = judged.filter(({ verdict }) => verdict === 'ok').map(({ change }) => change)
    if (written.some((change) => this.#hasSeen(change))) return { type: 'seen_before' }
    if (written.length > 0) this.batches.push(batch)
    return {
      type: 'done',
      verdicts: judged.map(({ change, verdict }): LotVerdict => {
        if (verdict === 'ok') return this.#write(batch, change)
        return { type: verdict === 'already' ? 'committed' : verdict }
      }),
    }
  }

  #judge(batch: LotBatch, change: LotChange): 'ok' | 'already' | 'fenced' | 'conflict' {
    const record = this.#lots.get(change.lotId)
    if (record?.batchId === batch.batchId) return 'already'
    if (this.#leases.epochOf(change.shard) !== change.epoch) return 'fenced'
    if (record !== undefined && record.epoch > change.epoch) return 'fenced'
    const now = record?.stored.lot.now ?? { seq: 0, decisionNo: 0 }
    const { seq, decisionNo } = change.before
    return now.seq === seq && now.decisionNo === decisionNo ? 'ok' : 'conflict'
  }

  #hasSeen({ decided }: LotChange): boolean {
    return decided.some(
      ({ command }) =>
        'actor' in command &&
        this.#answers.has(textOf({ ...command, actorId: command.actor.userId })),
    )
  }

  #write(batch: LotBatch, change: LotChange): LotVerdict {
    const { lotId, shard, epoch, after, decided, events } = change
    this.#lots.set(lotId, { shard, epoch, batchId: batch.batchId, stored: after })
    for (const { command, fingerprint, reply } of decided) {
      if (!('actor' in command)) continue
      this.#answers.set(textOf({ ...command, actorId: command.actor.userId }), {
        fingerprint,
        reply,
      })
    }
    if (events.length === 0) return { type: 'committed' }
    const left = {
      lotId,
      epoch,
      fromSeq: change.before.seq + 1,
      events: events.map(({ event }) => ({
        seq: event.seq,
        publication: publication(after.lot.rules, event),
      })),
    }
    return { type: 'committed', outboxId: this.#outbox.add(left, batch.atMs) }
  }

  #claim({ lotId, epoch }: Claim): Claimed {
    const record = this.#lots.get(lotId)
    if (record === undefined) return { type: 'unknown' }
    if (record.epoch > epoch || this.#leases.epochOf(record.shard) !== epoch) {
      return { type: 'fenced' }
    }
    this.#lots.set(lotId, { ...record, epoch })
    return { type: 'claimed', stored: record.stored }
  }

  #lotIds(shards: readonly number[], wanted: (now: StoredLot['lot']['now']) => boolean): string[] {
    return [...this.#lots]
      .filter(([, { shard, stored }]) => shards.includes(shard) && wanted(stored.lot.now))
      .map(([lotId]) => lotId)
  }
}

function textOf({ lotId, actorId, commandId }: CommandKey): string {
  return `${lotId} ${actorId} ${commandId}`
}
