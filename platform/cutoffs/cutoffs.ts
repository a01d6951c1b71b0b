// The port of cutoffs: for each key a moment, and what was given to the key before it counts no more (the
// tokens of a user which were issued before a revocation). It may forget what is older than anything that
// was given can be.
export interface Cutoffs {
  /** Moves the cutoff of `key` to `atMs`, never backwards, here and wherever else it is followed. */
  raise(key: string, atMs: number): void
  /** The cutoff of `key` as it is known here, epoch ms; minus infinity where there is none. */
  at(key: string): number
  /** Hears of each cutoff that moves from now on, wherever it was raised. */
  listen(listener: OnCutoff): Unlisten
}

export type OnCutoff = (key: string, atMs: number) => void

/** Ends the listening; safe to call twice. */
export type Unlisten = () => void
