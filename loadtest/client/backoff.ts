// How long a device waits before it tries again: as the public SDKs do.

const delayMs = { min: 500, max: 20_000 }

/** Before the attempt after so many. @param random uniform in [0, 1) */
export function backoffMs(attempts: number, random: number): number {
  const { min, max } = delayMs
  return Math.min(max, min + random * Math.min(max, min * 2 ** Math.min(attempts, 16)))
}
