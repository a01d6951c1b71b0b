// Whether a process may be given work, told to whoever gives it: a load balancer, an orchestrator, an
// operator's graph. Being alive is another question: a process whose database is away is alive, and to
// restart it would mend nothing.
import { Gauge } from 'prom-client'
import type { Part } from './lifecycle.ts'
import type { Registry } from './metrics.ts'

export interface ReadinessOptions {
  /** By name, such as `NATS` and `PostgreSQL`: whether what is needed is there. Asked often. */
  readonly needs: Readonly<Record<string, () => boolean>>
  readonly metrics: Registry
}

/**
 * The part to put last: it starts when all others have started, and so is the first to drain. Between
 * the two the process is ready while every need is met.
 */
export interface Readiness extends Part {
  /** What the process waits for: its `start`, or its `end` once it drains; and the needs that are not met. */
  missing(): readonly string[]
}

export function createReadiness({ needs, metrics }: ReadinessOptions): Readiness {
  const questions = Object.entries(needs)
  let phase: 'start' | 'ready' | 'end' = 'start'
  const missing = (): readonly string[] => {
    const unmet = questions.filter(([, isMet]) => !isMet()).map(([name]) => name)
    return phase === 'ready' ? unmet : [phase, ...unmet]
  }
  const end = async (): Promise<void> => {
    phase = 'end'
  }
  metrics.registerMetric(
    new Gauge({
      name: 'outcry_ready',
      help: '1 while the process may be given work',
      registers: [],
      collect() {
        this.set(missing().length === 0 ? 1 : 0)
      },
    }),
  )
  return {
    name: 'readiness',
    missing,
    start: async () => {
      phase = 'ready'
    },
    drain: end,
    stop: end,
  }
}
