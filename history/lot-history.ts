// The judge of an auction: takes what clients sent, got and saw, then what the database holds, and says
// what does not fit together. It believes neither side, and shares no code with the engine.
//
// Everything is taken entry by entry. Of a command or an event some numbers are kept, so a million of
// them fit in memory.
import type { SoftClose } from '../protocol/auction.ts'
import { shardOf } from '../protocol/subjects.ts'
import { CommandLedger, type CommandLedgerOptions } from './command-ledger.ts'
import { heardIn } from './lot-answers.ts'
import type { FinalLot, LiveView, LotAttempt, LotSeen, StoredDecision } from './lot-entries.ts'
import { LotReplay } from './lot-replay.ts'
import { digestOfAsked, digestOfReply, digestOfView } from './lot-texts.ts'
import { StreamWatchers, type WatchersAccount } from './stream-watchers.ts'
import { Findings, type Violation } from './violation.ts'

export class LotHistory {
  readonly #findings = new Findings()
  readonly #commands: CommandLedger
  readonly #watchers = new StreamWatchers(this.#findings)
  readonly #replays = new Map<string, LotReplay>()
  readonly #finals: FinalLot[] = []
  /** The newest epoch of each shard, where its takings are told. */
  readonly #epochs = new Map<number, number>()

  constructor(options: CommandLedgerOptions) {
    this.#commands = new CommandLedger(this.#findings, options)
  }

  /** A command was sent, and answered or not. All of these before the first decision. */
  attempted({ lotId, asked, answer, ...attempt }: LotAttempt): void {
    const heard = heardIn(answer)
    this.#commands.attempted({ ...attempt, stream: lotId, asked: digestOfAsked(asked), heard })
  }

  /** A watcher got a snapshot, or recovered: its stream goes on after this state. */
  joined(watcher: string, lotId: string, view: LiveView): void {
    // A draft changes without an event.
    const digest = view.seq === 0 ? undefined : digestOfView(view)
    this.#watchers.joined({ watcher, stream: lotId, seq: view.seq, digest })
  }

  /** A watcher got a publication. */
  saw({ watcher, lotId, view, fromSeq }: LotSeen): void {
    const { seq } = view
    const digest = digestOfView(view)
    this.#watchers.seen({ watcher, stream: lotId, seq, fromSeq: fromSeq ?? seq, digest })
  }

  /** What watchers in another place saw; what they missed is found there. */
  heard(place: string, { streams, violations, count }: WatchersAccount): void {
    for (const stream of streams) this.#watchers.heard(place, stream)
    this.#findings.adopt(violations, count)
  }

  /** A watcher does not watch any more. */
  left(watcher: string, lotId: string): void {
    this.#watchers.left(watcher, lotId)
  }

  /**
   * A shard was taken under this epoch. Only for those who see takings and decisions in the one order in
   * which they happened; all others leave it out.
   */
  taken(shard: number, epoch: number): void {
    this.#epochs.set(shard, Math.max(epoch, this.#epochs.get(shard) ?? 0))
  }

  /** Under which soft close a lot is sold. Of a lot without this, extensions are not judged. */
  offered(lotId: string, softClose: SoftClose | null): void {
    this.#replayOf(lotId).offered(softClose)
  }

  /** A stored decision; those of one lot in the order of their numbers. */
  decided(decision: StoredDecision): void {
    const { lotId, actorId, commandId, asked, reply, decisionNo, events } = decision
    this.#checkOwner(decision)
    this.#replayOf(lotId).decided(decision)
    for (const { seq, view } of events) this.#watchers.stored(lotId, seq, digestOfView(view))
    if (actorId === undefined) return
    this.#commands.kept({
      stream: lotId,
      actorId,
      commandId,
      asked: digestOfAsked(asked),
      digests: [digestOfReply(reply)],
      no: decisionNo,
    })
  }

  /** Where a lot stands at the end, each lot once. */
  ended(final: FinalLot): void {
    this.#finals.push(final)
  }

  /** What does not fit together; nothing may be added after this. */
  violations(): readonly Violation[] {
    this.#commands.finish()
    for (const final of this.#finals) {
      this.#replayOf(final.lotId).finish(final)
      this.#watchers.ended(final.lotId, final.view.seq)
    }
    this.#watchers.finish()
    return this.#findings.violations
  }

  /** How many there are, those included that were too many to be kept. */
  get count(): number {
    return this.#findings.count
  }

  #checkOwner({ lotId, epoch, decisionNo }: StoredDecision): void {
    const newest = this.#epochs.get(shardOf(lotId))
    if (newest === undefined || epoch >= newest) return
    const detail = `Lot ${lotId}: decision ${decisionNo} has epoch ${epoch}, its shard was taken under ${newest} before.`
    this.#findings.add('stale_owner', detail, { lotId, decisionNo, epoch })
  }

  #replayOf(lotId: string): LotReplay {
    const known = this.#replays.get(lotId)
    if (known !== undefined) return known
    const replay = new LotReplay(lotId, this.#findings)
    this.#replays.set(lotId, replay)
    return replay
  }
}
