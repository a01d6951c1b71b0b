// What a process knows of each key in its present window, and nothing of keys that have long been quiet.

/** What is counted of one key. At its end it is worth nothing: it may be forgotten, or begin anew for something else. */
export interface Tally<T extends Tally<T>> {
  /** What the key is counted for. */
  about: string
  readonly endsAtMs: number
  /** Whatever else the key is counted for in the same window. Most people are busy with one thing at a time. */
  others: Others<T> | undefined
}

/**
 * How long a key is remembered at least: of people who bid every few seconds nearly each is found then, and not
 * entered anew, which makes a bid's two look-ups take 0.7 of the time.
 */
const rememberedMs = 10_000

/** One tally for each key and what it is counted for, as far as the key was seen lately. */
export class Tallies<T extends Tally<T>> {
  readonly #agesAfterMs: number
  readonly #keysMax: number
  readonly #begin: (about: string) => T
  #recent = new Map<string, T>()
  /** Those of the time before, so that forgetting costs nothing. */
  #older = new Map<string, T>()
  #agesAtMs = 0

  /**
   * @param windowMs keys seen within it are remembered
   * @param keysMax beyond so many those seen longest ago are forgotten
   * @param begin makes the tally of a key that was not seen, as one that has ended
   */
  constructor(windowMs: number, keysMax: number, begin: (about: string) => T) {
    this.#agesAfterMs = Math.max(windowMs, rememberedMs)
    this.#keysMax = keysMax
    this.#begin = begin
  }

  of(key: string, about: string, nowMs: number): T {
    if (nowMs >= this.#agesAtMs || this.#recent.size >= this.#keysMax) this.#age(nowMs)
    let tally = this.#recent.get(key)
    if (tally === undefined) {
      tally = this.#older.get(key) ?? this.#begin(about)
      this.#recent.set(key, tally)
    }
    return tally.about === about ? tally : this.#another(tally, about, nowMs)
  }

  #another(first: T, about: string, nowMs: number): T {
    if (first.others === undefined && nowMs >= first.endsAtMs) {
      first.about = about
      return first
    }
    first.others ??= new Others(this.#begin)
    return first.others.of(about, nowMs)
  }

  /** Who was not seen for the whole time has nothing left to remember. */
  #age(nowMs: number): void {
    this.#older = this.#recent
    this.#recent = new Map()
    this.#agesAtMs = nowMs + this.#agesAfterMs
  }
}

const othersMin = 8

/** The tallies of one key that is busy with several things at once. */
class Others<T extends Tally<T>> {
  readonly #begin: (about: string) => T
  readonly #tallies = new Map<string, T>()
  #roomFor = othersMin

  constructor(begin: (about: string) => T) {
    this.#begin = begin
  }

  of(about: string, nowMs: number): T {
    let tally = this.#tallies.get(about)
    if (tally === undefined) {
      if (this.#tallies.size >= this.#roomFor) this.#forgetEnded(nowMs)
      tally = this.#begin(about)
      this.#tallies.set(about, tally)
    }
    return tally
  }

  /** Next when they are twice as many as are left, so that looking through them costs each of them little. */
  #forgetEnded(nowMs: number): void {
    for (const [about, { endsAtMs }] of this.#tallies) {
      if (nowMs >= endsAtMs) this.#tallies.delete(about)
    }
    this.#roomFor = Math.max(othersMin, this.#tallies.size * 2)
  }
}
