// The tables of this version, brought to the database before any service starts; whichever process comes
// first makes them.
import { migrations } from './migrations.ts'
import type { Part } from './platform/lifecycle.ts'
import type { Logger } from './platform/log.ts'
import { untilItWorks } from './platform/patience.ts'
import { migrate } from './platform/postgres/migrate.ts'
import { systemClock as clock } from './platform/system-clock.ts'

export interface TablesOptions {
  /** Known by the time the part starts. */
  readonly url: () => string
  /** Whether to wait for a database that is not there or will not do, or to fail. */
  readonly waits: boolean
  readonly log: Logger
}

export function createTables({ url, waits, log }: TablesOptions): Part {
  const ending = new AbortController()
  // Whoever waits without an end says at once what for.
  const bring = async () => await migrate(url(), migrations, waits ? 0 : undefined)
  return {
    name: 'tables',
    start: async () => {
      const waiting = { clock, log, signal: ending.signal }
      const applied = await (waits ? untilItWorks(bring, waiting) : bring())
      log.info({ applied: applied.length }, 'the tables are of this version')
    },
    drain: async () => {},
    stop: async () => ending.abort(),
    giveUp: () => ending.abort(),
  }
}
