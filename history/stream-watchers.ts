// Whoever watches a stream sees it in order, without a hole, and to its end; and all are told the same.
import type { Findings, Violation } from './violation.ts'

/** A publication as a watcher got it. */
export interface Seen {
  readonly watcher: string
  readonly stream: string
  readonly seq: number
  /** The first seq it stands for; `seq` itself, unless several were conflated into it. */
  readonly fromSeq: number
  /** Of what it says. Undefined where that may rightly differ from what is stored. */
  readonly digest: number | undefined
}

/** A snapshot or a recovery's first state: the stream begins, or begins again, after `seq`. */
export interface Joined {
  readonly watcher: string
  readonly stream: string
  readonly seq: number
  readonly digest: number | undefined
}

/** What the watchers in one place saw of a stream, short enough to travel to whoever judges. */
export interface StreamAccount {
  readonly stream: string
  /** Each seq that was told, and the digest of what was. */
  readonly told: readonly (readonly [seq: number, digest: number])[]
  /** At which seq how many of them are. */
  readonly ends: readonly (readonly [seq: number, watchers: number])[]
}

/** All that the watchers in one place saw, and what they were denied. */
export interface WatchersAccount {
  readonly streams: readonly StreamAccount[]
  readonly violations: readonly Violation[]
  /** Of violations, those included that were not kept. */
  readonly count: number
}

interface Stream {
  /** What was told of each seq, and to whom first. */
  readonly told: Map<number, { readonly digest: number; readonly watcher: string }>
  readonly stored: Map<number, number | undefined>
  /** The last seq of each watcher. */
  readonly at: Map<string, number>
  endSeq: number | undefined
}

export class StreamWatchers {
  readonly #findings: Findings
  readonly #streams = new Map<string, Stream>()

  constructor(findings: Findings) {
    this.#findings = findings
  }

  joined({ watcher, stream: name, seq, digest }: Joined): void {
    const stream = this.#streamOf(name)
    const last = stream.at.get(watcher)
    if (last !== undefined && seq < last) {
      this.#say('back_in_time', watcher, name, seq, `It had ${last} and was given ${seq}.`)
    }
    stream.at.set(watcher, Math.max(seq, last ?? 0))
    this.#told(stream, name, watcher, seq, digest)
  }

  /** It is said to have come to `seq` with nothing left out, by what it was given before, or because it begins there. */
  reached({ watcher, stream: name, seq }: Omit<Joined, 'digest'>): void {
    const { at } = this.#streamOf(name)
    const last = at.get(watcher) ?? seq
    if (seq !== last) {
      const rule = seq < last ? 'back_in_time' : 'hole'
      this.#say(rule, watcher, name, seq, `It had ${last} and was said to have come to ${seq}.`)
    }
    at.set(watcher, Math.max(seq, last))
  }

  seen({ watcher, stream: name, seq, fromSeq, digest }: Seen): void {
    const stream = this.#streamOf(name)
    const last = stream.at.get(watcher)
    if (last !== undefined && seq <= last) {
      this.#say('back_in_time', watcher, name, seq, `It had ${last} and was told ${seq}.`)
    } else if (last !== undefined && fromSeq > last + 1) {
      this.#say(
        'hole',
        watcher,
        name,
        seq,
        `After ${last} came ${seq}, which stands from ${fromSeq}.`,
      )
    }
    stream.at.set(watcher, Math.max(seq, last ?? 0))
    this.#told(stream, name, watcher, seq, digest)
  }

  /** It watches no more, and need not come to the end. */
  left(watcher: string, name: string): void {
    this.#streamOf(name).at.delete(watcher)
  }

  /** What is stored under `seq`; undefined where it is not to be compared. */
  stored(name: string, seq: number, digest: number | undefined): void {
    this.#streamOf(name).stored.set(seq, digest)
  }

  /** The stream has ended at `seq`, for now. */
  ended(name: string, seq: number): void {
    this.#streamOf(name).endSeq = seq
  }

  /** What was seen here, for another judge that hears all places. */
  accounts(): StreamAccount[] {
    return Array.from(this.#streams, ([stream, { told, at }]) => {
      const ends = new Map<number, number>()
      for (const seq of at.values()) ends.set(seq, (ends.get(seq) ?? 0) + 1)
      return {
        stream,
        told: Array.from(told, ([seq, { digest }]) => [seq, digest]),
        ends: [...ends],
      }
    })
  }

  /** What was seen in another place. Holes and steps back it has found itself. */
  heard(place: string, { stream: name, told, ends }: StreamAccount): void {
    const stream = this.#streamOf(name)
    for (const [seq, digest] of told) this.#told(stream, name, place, seq, digest)
    for (const [seq, watchers] of ends)
      stream.at.set(`${watchers} watchers of ${place} at ${seq}`, seq)
  }

  /** To be called last. */
  finish(): void {
    for (const [name, stream] of this.#streams) {
      const { told, stored, at, endSeq } = stream
      if (endSeq === undefined) continue
      for (const [seq, { digest, watcher }] of told) {
        const kept = stored.get(seq)
        if (seq > 0 && !stored.has(seq)) {
          this.#say('told_otherwise', watcher, name, seq, `Nothing is stored under ${seq}.`)
        } else if (kept !== undefined && kept !== digest) {
          this.#say('told_otherwise', watcher, name, seq, `What is stored under ${seq} differs.`)
        }
      }
      for (const [watcher, last] of at) {
        if (last === endSeq) continue
        this.#say('left_behind', watcher, name, last, `It is at ${last}, the stream at ${endSeq}.`)
      }
    }
  }

  #told(
    { told }: Stream,
    name: string,
    watcher: string,
    seq: number,
    digest: number | undefined,
  ): void {
    if (digest === undefined) return
    const first = told.get(seq)
    if (first === undefined) told.set(seq, { digest, watcher })
    else if (first.digest !== digest) {
      this.#say('told_otherwise', watcher, name, seq, `${first.watcher} was told another ${seq}.`)
    }
  }

  #streamOf(name: string): Stream {
    const known = this.#streams.get(name)
    if (known !== undefined) return known
    const stream: Stream = { told: new Map(), stored: new Map(), at: new Map(), endSeq: undefined }
    this.#streams.set(name, stream)
    return stream
  }

  #say(
    rule: 'back_in_time' | 'hole' | 'told_otherwise' | 'left_behind',
    watcher: string,
    stream: string,
    seq: number,
    detail: string,
  ): void {
    this.#findings.add(rule, `${watcher} on ${stream}: ${detail}`, { watcher, stream, seq })
  }
}
