// Whether a process may be given work, told to whoever gives it: a load balancer, an orchestrator, an
// operator's graph. Being alive is another question: a process whose database is away is alive, and to
// restart it would mend nothing.
import { Gauge } from 'prom-client'
import type { Clock } from './clock.ts'
import type { Part } from './lifecycle.ts'
import type { Registry } from './metrics.ts'

/** True while what is needed is there. One that rejects, or takes too long, says that it is not. */
export type Need = () => boolean | Promise<boolean>

export interface ReadinessOptions {
  /** By name, such as `bus` and `database`. */
  readonly needs: Readonly<Record<string, Need>>
  readonly clock: Clock
  readonly metrics: Registry
  /** How long one need may take to answer. */
  readonly answerMs?: number
}

/**
 * The part to put last: it starts when all others have started, and so is the first to drain. Between
 * the two the process is ready while every need is met.
 */
export interface Readiness extends Part {
  /** What the process waits for: `start`, `end` once it drains, or the needs that are not met. */
  missing(): Promise<readonly string[]>
}

/** Less than those who ask wait for an answer (deploy/haproxy.cfg). */
const answerMsDefault = 750

export function createReadiness(options: ReadinessOptions): Readiness {
  const { needs, clock, metrics, answerMs = answerMsDefault } = options
  const questions = Object.entries(needs).map(
    ([name, need]) => [name, new Question(need, clock, answerMs)] as const,
  )
  let phase: 'start' | 'ready' | 'end' = 'start'
  const missing = async (): Promise<readonly string[]> => {
    if (phase !== 'ready') return [phase]
    const answers = await Promise.all(
      questions.map(async ([name, question]) => ((await question.ask()) ? [] : [name])),
    )
    return answers.flat()
  }
  metrics.registerMetric(
    new Gauge({
      name: 'outcry_ready',
      help: '1 while the process may be given work',
      registers: [],
      async collect() {
        this.set((await missing()).length === 0 ? 1 : 0)
      },
    }),
  )
  return {
    name: 'readiness',
    missing,
    start: async () => {
      phase = 'ready'
    },
    drain: async () => {
      phase = 'end'
    },
    stop: async () => {
      phase = 'end'
    },
  }
}

/** A need that is asked by many and answers one at a time: a database that hangs collects no questions. */
class Question {
  readonly #need: Need
  readonly #clock: Clock
  readonly #answerMs: number
  #underWay: Promise<boolean> | undefined

  constructor(need: Need, clock: Clock, answerMs: number) {
    this.#need = need
    this.#clock = clock
    this.#answerMs = answerMs
  }

  async ask(): Promise<boolean> {
    this.#underWay ??= this.#answer()
    const late = Promise.withResolvers<boolean>()
    const timer = this.#clock.after(this.#answerMs, () => late.resolve(false))
    try {
      return await Promise.race([this.#underWay, late.promise])
    } finally {
      timer.cancel()
    }
  }

  async #answer(): Promise<boolean> {
    try {
      return await this.#need()
    } catch {
      return false
    } finally {
      this.#underWay = undefined
    }
  }
}
