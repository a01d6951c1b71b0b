// Chance that can be had again: the same seed, the same run.

/** Uniform in [0, 1): Marsaglia's xorshift of 32 bits with a Weyl sequence, seeded for each use by its name. */
export function randomOf(seed: number, use: string): () => number {
  let state = seed >>> 0
  for (let at = 0; at < use.length; at += 1) {
    state = Math.imul(state ^ use.charCodeAt(at), 0x01000193) >>> 0
  }
  state ||= 0x9e3779b9
  let weyl = state
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    weyl = (weyl + 0x9e3779b9) >>> 0
    return ((state + weyl) >>> 0) / 2 ** 32
  }
}
