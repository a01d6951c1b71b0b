// Devices that stop reading for a while, as those do whose network is slow.
import { setTimeout as sleep } from 'node:timers/promises'
import type { LoadClient } from '../client/load-client.ts'
import type { Crew } from '../run/scenario.ts'

/** Longer than a slow socket is borne with. */
const slowForMs = 12_000

/** From the end of the first quarter of the measured time, and for no longer than half of it. */
export async function readNothingForAWhile(
  { plan, signal }: Crew,
  slow: readonly LoadClient[],
): Promise<void> {
  await sleep(plan.duration * 250, undefined, { signal })
  for (const device of slow) device.pause()
  await sleep(Math.min(slowForMs, plan.duration * 500), undefined, { signal })
  for (const device of slow) device.resume()
}
