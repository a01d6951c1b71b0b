// What is known of each process of the cluster: the rows of its table.
import type { Clock } from '../platform/clock.ts'
import type { ProcessEnd } from '../platform/servers/process-end.ts'

export interface Row {
  /** `gateway-1`, `nats`. */
  readonly name: string
  readonly pid?: number
  /** Where it takes clients. */
  readonly port?: number
  readonly metricsPort?: number
  readonly state: string
  /** When it came into that state. */
  readonly sinceMs: number
}

export type RowChange = Partial<Omit<Row, 'name' | 'sinceMs'>>

export interface Rows {
  readonly all: readonly Row[]
  /** Tells the listener of what is new, and nobody of what is not. */
  change(name: string, change: RowChange): void
}

/** @param onChange told each row that changed */
export function createRows(
  names: readonly string[],
  clock: Clock,
  onChange: (row: Row) => void,
): Rows {
  const rows = new Map<string, Row>(
    names.map((name) => [name, { name, state: 'waiting', sinceMs: clock.nowMs() }]),
  )
  return {
    get all() {
      return [...rows.values()]
    },
    change(name, change) {
      const before = rows.get(name)
      if (before === undefined) throw new Error(`there is no row ${name}`)
      const isNewState = change.state !== undefined && change.state !== before.state
      const after = {
        ...before,
        ...change,
        sinceMs: isNewState ? clock.nowMs() : before.sinceMs,
      }
      rows.set(name, after)
      if (isNewState || after.pid !== before.pid || after.port !== before.port) onChange(after)
    },
  }
}

/** What `/readyz` of a role says is missing, in a word or two. */
export function stateOf(missing: readonly string[]): string {
  if (missing.length === 0) return 'running'
  if (missing.includes('end')) return 'draining'
  if (missing.includes('start')) return 'starting'
  return `not ready: ${missing.join(', ')}`
}

export function stateOfEnd({ code, signal }: ProcessEnd): string {
  if (signal !== null) return `killed (${signal})`
  return code === 0 ? 'ended' : `exit ${code}`
}
