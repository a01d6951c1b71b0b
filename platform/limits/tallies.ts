// What a process knows of each key in its present window, and nothing of keys that have long been quiet.

/** One tally for each key, as far as the key was seen within the last one or two windows. */
export class Tallies<Tally> {
  readonly #windowMs: number
  readonly #keysMax: number
  readonly #begin: () => Tally
  #recent = new Map<string, Tally>()
  /** Those of the window before, so that forgetting costs nothing. */
  #older = new Map<string, Tally>()
  #agesAtMs = 0

  /**
   * @param keysMax beyond so many in one window those seen longest ago are forgotten
   * @param begin makes the tally of a key that was not seen
   */
  constructor(windowMs: number, keysMax: number, begin: () => Tally) {
    this.#windowMs = windowMs
    this.#keysMax = keysMax
    this.#begin = begin
  }

  of(key: string, nowMs: number): Tally {
    if (nowMs >= this.#agesAtMs || this.#recent.size >= this.#keysMax) this.#age(nowMs)
    let tally = this.#recent.get(key)
    if (tally === undefined) {
      tally = this.#older.get(key) ?? this.#begin()
      this.#recent.set(key, tally)
    }
    return tally
  }

  /** Who was not seen for a whole window has nothing left to remember. */
  #age(nowMs: number): void {
    this.#older = this.#recent
    this.#recent = new Map()
    this.#agesAtMs = nowMs + this.#windowMs
  }
}
