// The port of cutoffs: for each key a moment, and what was given to the key before it counts no more (the
// tokens of a user which were issued before a revocation). It may forget what is older than anything that
// was given can be.
export interface Cutoffs {
  /** Moves the cutoff of `key` to `atMs`, never backwards, here and wherever else it is followed. */
  raise(key: string, atMs: number): void
}

/** Hears of every cutoff: of those from before, and of each raised anywhere. The same may come twice. */
export type OnCutoff = (key: string, atMs: number) => void
