// Sends every client elsewhere: in batches, so that neither this gateway nor the next one meets all of
// them in one moment.
import type { Clock } from '../../platform/clock.ts'
import { drainBatchIntervalMs, drainBatchSize, drainSpreadMs } from '../limits.ts'
import type { Connection } from './connection.ts'
import type { Roster } from './roster.ts'

/**
 * Resolves when everybody has gone. Connections answer first what they have begun. When `signal`
 * aborts, whoever is left is closed at once.
 */
export async function drainRoster(
  roster: Roster<Connection>,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const everybody = [...roster]
  for (let at = 0; at < everybody.length && !signal.aborted; at += drainBatchSize) {
    if (at > 0) await pause(clock, signal)
    for (const connection of everybody.slice(at, at + drainBatchSize)) {
      connection.dismiss(drainSpreadMs)
    }
  }
  await Promise.race([roster.whenEmpty(), aborted(signal)])
  for (const connection of roster) connection.expel('shutdown')
}

function pause(clock: Clock, signal: AbortSignal): Promise<void> {
  const waited = new Promise<void>((resolve) => {
    clock.after(drainBatchIntervalMs, resolve)
  })
  return Promise.race([waited, aborted(signal)])
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
