// The judge of an auction who may read only what everybody may: the bids that a lot lists, and where it stands.
// It can not replay decisions, whose maxima are secret; what clients were told it holds against the list.
import { CommandLedger, type Heard } from './command-ledger.ts'
import { heardIn } from './lot-answers.ts'
import type { LiveView, LotAttempt } from './lot-entries.ts'
import { digestOfAsked } from './lot-texts.ts'
import { StreamWatchers, type WatchersAccount } from './stream-watchers.ts'
import { Findings, type Violation } from './violation.ts'

/** An answer that has a place in its lot's stream. */
interface Placed {
  readonly actorId: string
  readonly commandId: string
  readonly seq: number
  readonly digest: number
}

export class PublicLotHistory {
  readonly #findings = new Findings()
  readonly #commands = new CommandLedger(this.#findings, { allClients: false })
  readonly #watchers = new StreamWatchers(this.#findings)
  /** By lot, and by who asked for what, since an id may have been sent more than once. */
  readonly #placed = new Map<string, Map<string, Placed>>()

  /** A command was sent, and answered or not. All of these before the first list. */
  attempted({ lotId, asked, answer, ...attempt }: LotAttempt): void {
    const heard = publicly(heardIn(answer))
    this.#commands.attempted({ ...attempt, stream: lotId, asked: digestOfAsked(asked), heard })
    if (heard.type !== 'decided' || heard.seq === undefined) return
    const { actorId, commandId } = attempt
    const { seq, digest } = heard
    this.#placedOn(lotId).set(`${actorId} ${commandId}`, { actorId, commandId, seq, digest })
  }

  /** What watchers in one place saw. */
  heard(place: string, { streams, violations, count }: WatchersAccount): void {
    for (const stream of streams) this.#watchers.heard(place, stream)
    this.#findings.adopt(violations, count)
  }

  /** All bids that a lot lists, by the seq at which each was taken, and where the lot stands. */
  listed(lotId: string, seqs: ReadonlySet<number>, view: LiveView): void {
    const placed = [...this.#placedOn(lotId).values()].toSorted((one, other) => one.seq - other.seq)
    const taken = new Set<number>()
    for (const { actorId, commandId, seq, digest } of placed) {
      if (taken.has(seq)) {
        const detail = `Lot ${lotId}: ${actorId}’s ${commandId} was told seq ${seq}, as another one was.`
        this.#findings.add('gap', detail, { lotId, seq, actorId, commandId })
      }
      taken.add(seq)
      if (!seqs.has(seq)) continue
      const key = { stream: lotId, actorId, commandId }
      this.#commands.kept({ ...key, asked: undefined, digests: [digest], no: seq })
    }
    if (seqs.size !== view.bidCount) {
      const detail = `Lot ${lotId} lists ${seqs.size} bids and counts ${view.bidCount}.`
      this.#findings.add('final_state', detail, {
        lotId,
        listed: seqs.size,
        counted: view.bidCount,
      })
    }
    for (let seq = 1; seq <= view.seq; seq += 1) this.#watchers.stored(lotId, seq, undefined)
    this.#watchers.ended(lotId, view.seq)
  }

  /** What does not fit together; nothing may be added after this. */
  violations(): readonly Violation[] {
    this.#commands.finish()
    this.#watchers.finish()
    return this.#findings.violations
  }

  /** How many there are, those included that were too many to be kept. */
  get count(): number {
    return this.#findings.count
  }

  #placedOn(lotId: string): Map<string, Placed> {
    const known = this.#placed.get(lotId)
    if (known !== undefined) return known
    const placed = new Map<string, Placed>()
    this.#placed.set(lotId, placed)
    return placed
  }
}

/** A bid that was refused leaves no trace in public. */
function publicly(heard: Heard): Heard {
  const isRefusal = heard.type === 'decided' && heard.code !== 'accepted'
  return isRefusal ? { type: 'turned_away' } : heard
}
