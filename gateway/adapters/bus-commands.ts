// Commands brought over the bus to whoever carries them out, and their outcomes back: also where none comes.
import type { Logger } from '../../platform/log.ts'
import { isRetryable } from '../../protocol/refusals.ts'
import { overloadedRetryMs } from '../limits.ts'
import { type AskOptions, askUntilHeard } from './ask-until-heard.ts'

export interface BusCommandsOptions extends AskOptions {
  readonly log: Logger
}

export interface Errand<Names extends object> {
  readonly subject: string
  readonly command: unknown
  /** Those by which a client knows its command again: they are in every outcome. */
  readonly names: Names
  /** What an operator needs to find the command by, and nothing secret. */
  readonly logged: Readonly<Record<string, unknown>>
  /** Whether the command may come twice. Default: it may. */
  readonly isRepeatable?: boolean
}

/** The outcome of a command that nobody served, or of which nobody answered. */
type Unanswered<Names extends object> = Names & { readonly serverTime: number } & (
    | {
        readonly outcome: 'refused'
        readonly code: 'overloaded'
        readonly retryable: boolean
        readonly retryAfterMs: number
      }
    | { readonly outcome: 'unknown'; readonly code: 'outcome_unknown'; readonly retryable: true }
  )

/** Where a server stands still every command to it loses its answer: one line tells of all. */
const saidEachMs = 1_000

/** Those to one kind of server. */
export class BusCommands<Outcome> {
  readonly #options: BusCommandsOptions
  #unsaid = 0
  #silentUntilMs = Number.NEGATIVE_INFINITY

  constructor(options: BusCommandsOptions) {
    this.#options = options
  }

  /**
   * Never throws: refused `overloaded` where nobody served the command until the deadline (nothing was
   * done), `unknown` where the answer was lost (the same may be asked again).
   */
  async bring<Names extends object>(errand: Errand<Names>): Promise<Outcome | Unanswered<Names>> {
    const { subject, command, names, isRepeatable: mayComeTwice = true } = errand
    const options = mayComeTwice ? this.#options : { ...this.#options, repeats: undefined }
    const heard = await askUntilHeard(options, subject, command)
    if (heard.type === 'answer') return heard.answer as Outcome
    const about = { ...names, serverTime: options.clock.nowMs() }
    if (heard.type === 'unheard') {
      const retryable = isRetryable('overloaded')
      const retryAfterMs = overloadedRetryMs
      return { ...about, outcome: 'refused', code: 'overloaded', retryable, retryAfterMs }
    }
    this.#say(heard.cause, errand.logged)
    return { ...about, outcome: 'unknown', code: 'outcome_unknown', retryable: true }
  }

  #say(err: unknown, logged: Errand<object>['logged']): void {
    const { clock, log } = this.#options
    const nowMs = clock.nowMs()
    this.#unsaid += 1
    if (nowMs < this.#silentUntilMs) return
    log.warn({ err, ...logged, lost: this.#unsaid }, 'the answer to a command was lost')
    this.#unsaid = 0
    this.#silentUntilMs = nowMs + saidEachMs
  }
}
