// What a process costs, as it says itself.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Usage } from './words.ts'

/** What was collected goes back to the system by and by, from other threads. */
const returnedMs = 300

export async function usageNow(afterCollecting: boolean): Promise<Usage> {
  if (afterCollecting) {
    // The process was forked with `--expose-gc`. The second time takes what the first one found dead.
    globalThis.gc?.()
    await sleep(returnedMs)
    globalThis.gc?.()
    await sleep(returnedMs)
  }
  const { user, system } = process.cpuUsage()
  return { cpuMs: (user + system) / 1_000, residentBytes: process.memoryUsage.rss() }
}
