// One run of a plan: the storm, the calm after it, and the judgment.
import { digestOf } from '../../history/digest.ts'
import { LotHistory } from '../../history/lot-history.ts'
import type { Violation } from '../../history/violation.ts'
import type { EngineCommand, LotEvents } from '../../protocol/engine.ts'
import { MemoryLots } from '../adapters/memory-lots.ts'
import type { LotChange } from '../ports/lot-journal.ts'
import { inOwnTime } from './ambient.ts'
import { asFinal, asStored } from './as-stored.ts'
import { Clients } from './clients.ts'
import { calmNetwork, Network } from './network.ts'
import { Owner } from './owner.ts'
import type { Plan, Step } from './plan.ts'
import { Random } from './random.ts'
import { SimulatedProcess } from './simulated-process.ts'
import { calmStore, SimulatedStore, type StoreVariant, stormyStore } from './simulated-store.ts'
import { World } from './world.ts'

/** After the storm whatever is under way may take so long to end; what takes longer is a finding. */
const calmMsMax = 60_000
/** Time for the last lot to close, and for the relay to tell what was left untold. */
const afterglowMs = 8_000
/** A lot that is due for longer is overdue. */
const overdueMs = 5_000

export interface Run {
  readonly violations: readonly Violation[]
  /** What happened, a line each. */
  readonly trace: readonly string[]
  /** Equal for equal traces. */
  readonly traceDigest: number
  readonly decisions: number
}

/** Plays the plan. The same plan and variant always give the same run. */
export function simulatePlan(plan: Plan, variant: StoreVariant = 'sound'): Promise<Run> {
  const world = new World(new Random(plan.seed), plan.startMs)
  // Another source than the world's: how often somebody asks for jitter shifts nothing else.
  const jitter = new Random(~plan.seed)
  return inOwnTime(jitter, world.nowMs, () => new Simulation(plan, variant, world).run())
}

class Simulation {
  readonly #plan: Plan
  readonly #world: World
  readonly #lots: MemoryLots
  readonly #store: SimulatedStore
  readonly #network: Network
  readonly #clients: Clients
  readonly #owners: readonly Owner[]
  readonly #lotIds: readonly string[]
  readonly #history = new LotHistory({ allClients: true })
  /** What was stored and taken, in the order in which it was: the judge hears the clients first. */
  readonly #records: (() => void)[] = []
  /** The seqs of each lot that were published, or stood for by one that was. */
  readonly #told = new Map<string, Set<number>>()
  #decisions = 0

  constructor(plan: Plan, variant: StoreVariant, world: World) {
    this.#plan = plan
    this.#world = world
    const outside = new SimulatedProcess(world, 'outside', 0)
    this.#lots = new MemoryLots(outside.clock)
    this.#store = new SimulatedStore({
      world,
      lots: this.#lots,
      weather: plan.store,
      variant,
      onStored: (change) => this.#stored(change),
      onTaken: (shard, epoch) => {
        this.#records.push(() => this.#history.taken(shard, epoch))
      },
    })
    this.#network = new Network({
      world,
      weather: plan.network,
      onDoubled: (command) => this.#clients.doubled(command as EngineCommand),
      onPublished: (message, subject) => {
        if (subject.startsWith('evt.lot.')) this.#published(message as LotEvents)
      },
    })
    this.#clients = new Clients({
      world,
      bus: this.#network.busOf(outside),
      lots: this.#lots,
      history: this.#history,
    })
    this.#lotIds = lotIdsOf(plan)
    const surroundings = { world, network: this.#network, store: this.#store, plan }
    this.#owners = plan.owners.map((owner) => new Owner(owner, surroundings))
  }

  async run(): Promise<Run> {
    const world = this.#world
    const { steps, owners, stormMs } = this.#plan
    for (const [nth, owner] of this.#owners.entries()) {
      world.after(owners[nth]?.startsAtMs ?? 0, () => owner.start())
    }
    for (const step of steps) world.after(step.atMs, () => this.#do(step))
    await world.run(() => false, stormMs)
    world.note('the storm is over')
    this.#network.weather = calmNetwork
    this.#store.weather = calmStore
    this.#clients.recoverAll()
    await world.run(() => this.#isOver(), stormMs + calmMsMax)
    await world.run(() => false, world.elapsedMs + afterglowMs)
    this.#conclude()
    const { trace } = world
    return {
      violations: this.#history.violations(),
      trace,
      traceDigest: digestOf(trace.join('\n')),
      decisions: this.#decisions,
    }
  }

  #do(step: Step): void {
    const { type } = step
    if (type === 'ask') {
      this.#clients.ask(step.command, step.again)
      this.#world.note(saying(step.command))
    } else if (type === 'watch') void this.#clients.watch(step.watcher, step.lotId)
    else if (type === 'outage') this.#cutOff(step.forMs)
    else {
      const owner = this.#owners.find(({ name }) => name === step.owner)
      if (type === 'drain') owner?.drain(step.forMs)
      else owner?.[type](step.forMs, step.atCommit)
    }
  }

  /** Outages may overlap; the first that ends ends all of them, and the storm's end does too. */
  #cutOff(forMs: number): void {
    const world = this.#world
    world.note(`the store can hardly be reached for ${forMs} ms`)
    this.#store.weather = stormyStore
    world.after(forMs, () => {
      if (this.#store.weather === stormyStore) this.#store.weather = this.#plan.store
    })
  }

  #isOver(): boolean {
    const areClosed = this.#lotIds.every((lotId) => {
      const state = this.#lots.stored(lotId)?.lot.now.state
      return state !== 'scheduled' && state !== 'open'
    })
    return areClosed && this.#clients.areSatisfied
  }

  #stored(change: LotChange): void {
    const { decided, after, epoch, lotId } = change
    this.#decisions += decided.length
    const { softClose } = after.lot.rules.terms
    if (change.before.decisionNo === 0) {
      this.#records.push(() => this.#history.offered(lotId, softClose))
    }
    for (const each of decided) {
      const decision = asStored(each, after.lot.rules, epoch)
      this.#records.push(() => this.#history.decided(decision))
    }
  }

  #published({ lotId, events }: LotEvents): void {
    const told = this.#told.get(lotId) ?? new Set()
    this.#told.set(lotId, told)
    for (const { seq, publication } of events) {
      for (let each = publication.fromSeq ?? seq; each <= seq; each += 1) told.add(each)
    }
  }

  /** Tells the judge what the store holds. */
  #conclude(): void {
    for (const record of this.#records) record()
    for (const lotId of this.#lotIds) {
      const stored = this.#lots.stored(lotId)
      if (stored === undefined) continue
      this.#history.ended({
        ...asFinal(stored.lot),
        untold: stored.lot.now.seq - (this.#told.get(lotId)?.size ?? 0),
        overdueBeforeMs: this.#world.nowMs() - overdueMs,
      })
    }
  }
}

function lotIdsOf({ steps }: Plan): readonly string[] {
  return [...new Set(steps.flatMap((step) => (step.type === 'ask' ? step.command.lotId : [])))]
}

function saying(command: EngineCommand): string {
  const { type, actor, lotId, commandId } = command
  const what = type === 'place_bid' ? `${command.kind} ${command.amount}` : type
  return `${actor.userId} asks ${commandId} on lot ${lotId.slice(-4)}: ${what}`
}
