// Under which conditions figures came about; without them they mean nothing.
import { availableParallelism, cpus, loadavg, release, type } from 'node:os'

export interface Conditions {
  readonly processor: string
  readonly cores: number
  readonly kernel: string
  readonly node: string
  /** Of the last minute, when the bench began: what else went on. */
  readonly loadAverage: number
  /** ISO 8601. */
  readonly startedAt: string
  readonly rounds: number
  readonly seconds: number
}

/** Those of this machine, now. */
export function conditionsNow(rounds: number, seconds: number): Conditions {
  const [loadAverage = 0] = loadavg()
  return {
    processor: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    kernel: `${type()} ${release()}`,
    node: process.versions.node,
    loadAverage,
    startedAt: new Date().toISOString(),
    rounds,
    seconds,
  }
}

export function describeConditions(conditions: Conditions): string {
  const { processor, cores, kernel, node, loadAverage, startedAt, rounds, seconds } = conditions
  return [
    `${cores} cores (${processor}) for servers and clients together, ${kernel}, Node ${node};`,
    `measured ${startedAt.slice(0, 16).replace('T', ' ')} UTC at a load average of ${loadAverage.toFixed(1)};`,
    `medians of ${rounds} interleaved ${rounds === 1 ? 'round' : 'rounds'} of ${seconds} s each.`,
  ].join(' ')
}
