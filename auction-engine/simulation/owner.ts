// An owner of shards: the engine itself, in a process that can be killed, frozen, drained and started anew.
import { createLogger } from '../../platform/log.ts'
import { createMetrics } from '../../platform/metrics.ts'
import { defaultLimits } from '../limits.ts'
import { Engine } from '../shell/engine.ts'
import { createEngineMetrics } from '../shell/engine-metrics.ts'
import type { Network } from './network.ts'
import type { OwnerPlan, Plan } from './plan.ts'
import { SimulatedProcess } from './simulated-process.ts'
import type { SimulatedStore } from './simulated-store.ts'
import type { World } from './world.ts'

/** Shorter than by default, so that a run sees more takeovers. */
const leaseMs = 3_000
/** Whoever runs processes starts one anew after so long. */
const restartMs = 500
/** A drain that takes longer is ended by force. */
const drainMs = 4_000

// Nothing in a run depends on what is counted and logged.
const log = createLogger({ name: 'simulation', level: 'silent' })
const metrics = createEngineMetrics(createMetrics({ role: 'simulation', ofProcess: false }))

export interface OwnerSurroundings {
  readonly world: World
  readonly network: Network
  readonly store: SimulatedStore
  readonly plan: Plan
}

export class Owner {
  readonly name: string
  readonly #surroundings: OwnerSurroundings
  readonly #skewMs: number
  #process: SimulatedProcess | undefined
  #engine: Engine | undefined

  constructor({ name, skewMs }: OwnerPlan, surroundings: OwnerSurroundings) {
    this.name = name
    this.#skewMs = skewMs
    this.#surroundings = surroundings
  }

  start(): void {
    if (this.#process !== undefined) return
    const { world, network, store, plan } = this.#surroundings
    const process = new SimulatedProcess(world, this.name, this.#skewMs)
    const who = { owner: this.name, shardCount: plan.shards, leaseMs }
    const { journal, leases, outbox } = store.portsOf(process, who)
    const { lanes, decisionsPerBatchMax, answersPerLaneMax } = plan
    const engine = new Engine({
      journals: Array.from({ length: lanes }, journal),
      leases,
      outbox,
      bus: network.busOf(process),
      clock: process.clock,
      log,
      metrics,
      limits: { ...defaultLimits, lanes, decisionsPerBatchMax, answersPerLaneMax, leaseMs },
    })
    this.#process = process
    this.#engine = engine
    world.note(`${this.name} starts`)
    engine.start().catch((error: unknown) => {
      world.note(`${this.name} could not start: ${String(error)}`)
      this.#end(process, restartMs)
    })
  }

  kill(forMs: number, atCommit: boolean): void {
    this.#strike(atCommit, (process) => {
      this.#surroundings.world.note(`${this.name} is killed`)
      this.#end(process, forMs)
    })
  }

  freeze(forMs: number, atCommit: boolean): void {
    const { world } = this.#surroundings
    this.#strike(atCommit, (process) => {
      world.note(`${this.name} stands still for ${forMs} ms`)
      process.freeze()
      world.after(forMs, () => {
        if (process !== this.#process) return
        world.note(`${this.name} goes on`)
        process.resume()
      })
    })
  }

  /** As a planned restart does: it finishes what it has begun and gives its shards back. */
  drain(forMs: number): void {
    const { world } = this.#surroundings
    const process = this.#process
    const engine = this.#engine
    if (process === undefined || engine === undefined) return
    world.note(`${this.name} is drained`)
    const patience = new AbortController()
    process.clock.after(drainMs, () => patience.abort())
    void engine
      .drain(patience.signal)
      .catch((error: unknown) => world.note(`${this.name} drained badly: ${String(error)}`))
      .then(() => engine.stop())
      .catch((error: unknown) => world.note(`${this.name} stopped badly: ${String(error)}`))
      .then(() => this.#end(process, forMs))
  }

  #strike(atCommit: boolean, strike: (process: SimulatedProcess) => void): void {
    const process = this.#process
    if (process === undefined) return
    if (atCommit) process.lieInWait(() => strike(process))
    else strike(process)
  }

  #end(process: SimulatedProcess, forMs: number): void {
    if (process !== this.#process) return
    const { world } = this.#surroundings
    process.kill()
    this.#process = undefined
    this.#engine = undefined
    world.note(`${this.name} is gone for ${forMs} ms`)
    world.after(forMs, () => this.start())
  }
}
