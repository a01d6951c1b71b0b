// The store as simulated processes reach it: over connections that are slow, break before or after the
// store has done what it was asked, and may leave a commit to take effect when nobody waits for it.
import { shardOf } from '../../protocol/subjects.ts'
import type { MemoryLots } from '../adapters/memory-lots.ts'
import type {
  Claim,
  CommitResult,
  Lease,
  LotBatch,
  LotChange,
  LotJournal,
} from '../ports/lot-journal.ts'
import type { LotOutbox } from '../ports/lot-outbox.ts'
import type { ShardLeases } from '../ports/shard-leases.ts'
import type { SimulatedProcess } from './simulated-process.ts'
import type { World } from './world.ts'

/** How likely each call meets with what. */
export interface StoreWeather {
  /** The connection is refused: nothing was sent. */
  readonly refused: number
  /** The answer is lost, and nothing was done. */
  readonly lostBefore: number
  /** The answer is lost, and all was done. */
  readonly lostAfter: number
  /** The answer is lost, and a commit takes effect later. */
  readonly late: number
  readonly slow: number
}

export const calmStore: StoreWeather = { refused: 0, lostBefore: 0, lostAfter: 0, late: 0, slow: 0 }

/** As if it were restarted: hardly anything gets through, and nobody knows what has. */
export const stormyStore: StoreWeather = {
  refused: 0.4,
  lostBefore: 0.3,
  lostAfter: 0.8,
  late: 0.3,
  slow: 0.2,
}

/** Stores that break a promise on purpose: the judge must find out. */
export type StoreVariant = 'sound' | 'without_fence' | 'answers_before_commit'

export interface SimulatedStoreOptions {
  readonly world: World
  readonly lots: MemoryLots
  readonly weather: StoreWeather
  readonly variant: StoreVariant
  /** Told of each change of a lot when it is stored, once. */
  readonly onStored: (change: LotChange) => void
  /** Told when a shard is taken. */
  readonly onTaken: (shard: number, epoch: number) => void
}

export interface OwnerPorts {
  readonly journal: () => LotJournal
  readonly leases: ShardLeases
  readonly outbox: LotOutbox
}

export interface OwnerOfShards {
  readonly owner: string
  readonly shardCount: number
  readonly leaseMs: number
}

export class SimulatedStore {
  weather: StoreWeather
  readonly #options: SimulatedStoreOptions
  readonly #stored = new Set<string>()
  /** The newest epoch of each shard: what a store without a fence takes everybody's to be. */
  readonly #epochs = new Map<number, number>()

  constructor(options: SimulatedStoreOptions) {
    this.#options = options
    this.weather = options.weather
  }

  /** The store as one process has it. */
  portsOf(process: SimulatedProcess, who: OwnerOfShards): OwnerPorts {
    const { lots, onTaken } = this.#options
    const inner = lots.leases(who)
    const leases: ShardLeases = {
      ...inner,
      acquire: async (...asked) => {
        const taken = await inner.acquire(...asked)
        for (const { shard, epoch } of taken) {
          this.#epochs.set(shard, epoch)
          onTaken(shard, epoch)
        }
        this.#noteTaken(process, taken)
        return taken
      },
    }
    const remote = <Port extends object>(port: Port): Port => this.#remote(process, port)
    return {
      leases: remote(leases),
      outbox: remote(lots.outbox()),
      journal: () => {
        const journal = lots.journal()
        const claim = (claims: readonly Claim[]) => journal.claim(claims.map(this.#asClaimed))
        const commit = (batch: LotBatch) => this.#commit(process, journal, batch)
        return Object.assign(remote({ ...journal, claim }), { commit })
      },
    }
  }

  #noteTaken({ name }: SimulatedProcess, taken: readonly Lease[]): void {
    if (taken.length === 0) return
    const some = taken.slice(0, 4).map(({ shard, epoch }) => `${shard} under epoch ${epoch}`)
    const more = taken.length > some.length ? ` and ${taken.length - some.length} more` : ''
    this.#options.world.note(`${name} takes shard ${some.join(', ')}${more}`)
  }

  /** Each method of the port as a call over a connection. */
  #remote<Port extends object>(process: SimulatedProcess, port: Port): Port {
    return new Proxy(port, {
      get: (target, name): unknown => {
        const method: unknown = Reflect.get(target, name)
        // `commit` has a way of its own, and letting go of a connection asks nobody.
        const isLocal = name === 'commit' || name === 'close'
        if (typeof method !== 'function' || isLocal) return method
        return (...asked: unknown[]) =>
          this.#call(process, async (): Promise<unknown> => Reflect.apply(method, target, asked))
      },
    })
  }

  #call<T>(process: SimulatedProcess, execute: () => Promise<T>): Promise<T> {
    const { random } = this.#options.world
    return new Promise((resolve, reject) => {
      const { refused, lostBefore, lostAfter } = this.weather
      const fail = (): void => {
        this.#travel(() => process.deliver(() => reject(new Error('the connection broke'))))
      }
      this.#leave(process, false, () => {
        if (random.chance(refused + lostBefore)) return fail()
        const isLost = random.chance(lostAfter)
        return void execute().then(
          (result) =>
            isLost ? fail() : this.#travel(() => process.deliver(() => resolve(result))),
          reject,
        )
      })
    })
  }

  #commit(process: SimulatedProcess, journal: LotJournal, batch: LotBatch): Promise<CommitResult> {
    const { world, variant } = this.#options
    const { random } = world
    return new Promise((resolve) => {
      const answer = (result: CommitResult): void => {
        this.#travel(() => process.deliver(() => resolve(result)))
      }
      const unanswered = (type: 'failed' | 'in_doubt', what: string): void => {
        world.note(`the commit of ${process.name} ${what}`)
        answer({ type, cause: new Error('the connection broke') })
      }
      if (variant === 'answers_before_commit') {
        answer({ type: 'done', verdicts: batch.lots.map(() => ({ type: 'committed' })) })
      }
      this.#leave(process, true, () => {
        const { refused, lostBefore, lostAfter, late } = this.weather
        if (random.chance(refused)) return unanswered('failed', 'is refused')
        if (random.chance(lostBefore)) return unanswered('in_doubt', 'is lost on the way')
        if (random.chance(late)) {
          world.after(random.between(5, 4_000), () => void this.#store(process, journal, batch))
          return unanswered('in_doubt', 'will come late')
        }
        const isLost = random.chance(lostAfter)
        return void this.#store(process, journal, batch).then((result) =>
          isLost ? unanswered('in_doubt', 'is answered into the void') : answer(result),
        )
      })
    })
  }

  async #store(
    process: SimulatedProcess,
    journal: LotJournal,
    batch: LotBatch,
  ): Promise<CommitResult> {
    const { world, onStored } = this.#options
    const lots = batch.lots.map((change) => this.#asClaimed(change))
    const result = await journal.commit({ ...batch, lots })
    if (result.type !== 'done') {
      world.note(`the commit of ${process.name}: ${result.type}`)
      return result
    }
    for (const [at, change] of batch.lots.entries()) {
      const verdict = result.verdicts[at]?.type
      const { epoch, before, after, decided } = change
      const did = [...new Set(decided.map(({ command }) => command.type))].join(', ')
      const numbers = `${before.decisionNo + 1}–${after.lot.now.decisionNo} (${did}) under epoch ${epoch}`
      world.note(`the commit of ${process.name}, ${numbers}: ${verdict}`)
      const once = `${batch.batchId} ${change.lotId}`
      if (verdict !== 'committed' || this.#stored.has(once)) continue
      this.#stored.add(once)
      onStored(change)
    }
    return result
  }

  /** Without a fence everybody's epoch is as good as the newest. */
  readonly #asClaimed = <C extends Claim>(claim: C): C => {
    if (this.#options.variant !== 'without_fence') return claim
    return { ...claim, epoch: this.#epochs.get(shardOf(claim.lotId)) ?? claim.epoch }
  }

  #leave(process: SimulatedProcess, isCommit: boolean, arrive: () => void): void {
    process.send(() => this.#travel(arrive), isCommit)
  }

  #travel(arrive: () => void): void {
    const { world } = this.#options
    const { random } = world
    const slow = random.chance(this.weather.slow)
    world.after(slow ? random.between(50, 1_500) : random.between(0, 4), arrive)
  }
}
