// Those outside: people who ask again until they know, and people who watch. They share a process that
// never fails, and write down all they send, get and see.
import type { LotHistory } from '../../history/lot-history.ts'
import { type Bus, NoResponderError } from '../../platform/bus/bus.ts'
import type { EngineCommand, EngineReply, LotEvents } from '../../protocol/engine.ts'
import { lotCommandsSubject, lotEventsSubject, shardOf } from '../../protocol/subjects.ts'
import type { MemoryLots } from '../adapters/memory-lots.ts'
import { livePart } from '../core/visibility.ts'
import { asAsked } from './as-stored.ts'
import type { World } from './world.ts'

/** How long somebody waits for an answer: some give up before the engine does, some after it. */
const answerMs = { min: 1_000, max: 5_000 } as const

export interface ClientsOptions {
  readonly world: World
  readonly bus: Bus
  readonly lots: MemoryLots
  readonly history: LotHistory
}

/** How far a watcher is on its lot. */
interface Place {
  readonly watcher: string
  readonly lotId: string
  seq: number
  epoch: number
}

export class Clients {
  readonly #options: ClientsOptions
  readonly #places: Place[] = []
  #asking = 0

  constructor(options: ClientsOptions) {
    this.#options = options
  }

  /** Whether everybody has learned what became of everything. */
  get areSatisfied(): boolean {
    return this.#asking === 0
  }

  /** Sends a command until its outcome is known, and then `again` times more. */
  ask(command: EngineCommand, again: number): void {
    void this.#pursue(command, again)
  }

  /** A request reached its servers once more than it was sent. */
  doubled(command: EngineCommand): void {
    this.#attempted(command, this.#options.world.nowMs(), undefined)
  }

  async watch(watcher: string, lotId: string): Promise<void> {
    const place: Place = { watcher, lotId, seq: 0, epoch: 0 }
    this.#places.push(place)
    await this.#options.bus.listen(lotEventsSubject(lotId), (message) =>
      this.#hear(place, message as LotEvents),
    )
    this.#recover(place)
  }

  /** As if all of them had lost their connections: they come back and get the newest state. */
  recoverAll(): void {
    for (const place of this.#places) this.#recover(place)
  }

  async #pursue(command: EngineCommand, again: number): Promise<void> {
    const { world } = this.#options
    this.#asking += 1
    let left = again
    for (;;) {
      const answer = await this.#attempt(command)
      if (answer === undefined || !isOutcome(command, answer))
        await world.wait(world.random.between(100, 600))
      else if (left === 0) break
      else {
        left -= 1
        await world.wait(world.random.between(0, 3_000))
      }
    }
    this.#asking -= 1
  }

  async #attempt(command: EngineCommand): Promise<EngineReply | undefined> {
    const { world, bus } = this.#options
    const sentAtMs = world.nowMs()
    const patienceMs = world.random.between(answerMs.min, answerMs.max)
    const subject = lotCommandsSubject(shardOf(command.lotId))
    try {
      const answer = (await bus.request(subject, command, patienceMs)) as EngineReply
      const told = answer.outcome === 'accepted' ? 'accepted' : answer.code
      world.note(`${command.actor.userId} hears of ${command.commandId}: ${told}`)
      this.#attempted(command, sentAtMs, answer)
      return answer
    } catch (error) {
      // It went nowhere: there is nothing to write down.
      if (error instanceof NoResponderError) return undefined
      this.#attempted(command, sentAtMs, undefined)
      return undefined
    }
  }

  #attempted(command: EngineCommand, sentAtMs: number, answer: EngineReply | undefined): void {
    const { world, history } = this.#options
    history.attempted({
      lotId: command.lotId,
      actorId: command.actor.userId,
      commandId: command.commandId,
      asked: asAsked(command),
      sentAtMs,
      answeredAtMs: world.nowMs(),
      answer,
    })
  }

  /** What a gateway does: older epochs and seqs are dropped, and a gap is healed from the store. */
  #hear(place: Place, { lotId, epoch, events }: LotEvents): void {
    if (epoch < place.epoch) return
    place.epoch = epoch
    for (const { seq, publication } of events) {
      const { fromSeq, lot: view } = publication
      if (seq <= place.seq) continue
      if ((fromSeq ?? seq) > place.seq + 1) {
        this.#recover(place)
        return
      }
      place.seq = seq
      this.#options.history.saw({
        watcher: place.watcher,
        lotId,
        view,
        ...(fromSeq === undefined ? {} : { fromSeq }),
      })
    }
  }

  #recover(place: Place): void {
    const { lots, history } = this.#options
    const stored = lots.stored(place.lotId)
    if (stored === undefined) return
    const { rules, now } = stored.lot
    place.seq = now.seq
    history.joined(place.watcher, place.lotId, livePart(now, rules))
  }
}

/** Whether the answer says what became of the command, and asking again would bring the same. */
function isOutcome({ type }: EngineCommand, answer: EngineReply): boolean {
  if (answer.outcome === 'unknown') return false
  if (answer.outcome === 'accepted') return true
  // The creation of the lot may be on its way yet; who only bids does not wait for it.
  if (answer.code === 'lot_not_found') return type !== 'publish_lot'
  return answer.code !== 'overloaded' && answer.code !== 'internal'
}
