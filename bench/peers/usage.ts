// What a process costs, as it says itself.
import type { Usage } from './words.ts'

export function usageNow(afterCollecting: boolean): Usage {
  if (afterCollecting) {
    // The process was forked with `--expose-gc`. The second time takes what the first one found dead.
    globalThis.gc?.()
    globalThis.gc?.()
  }
  const { user, system } = process.cpuUsage()
  return { cpuMs: (user + system) / 1_000, residentBytes: process.memoryUsage.rss() }
}
