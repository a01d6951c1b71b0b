// A request whose answer is a verdict: nobody may be there to serve it yet, whoever draws it may never
// answer (a process that stands still, or died without its connection being closed), and an answer may get
// lost. So it is asked again, in copies that its server knows for one command by its id.
import { type Bus, NoResponderError } from '../../platform/bus/bus.ts'
import type { Clock } from '../../platform/clock.ts'
import { wait } from '../../platform/retry.ts'
import { askAgainAfterMs, verdictDeadlineMs } from '../limits.ts'
import type { Repeats, Waiting } from './repeats.ts'

/** Whoever serves the subject next is there within a lease's time; asking again costs next to nothing. */
const askUnheardAgainMs = 50

export interface AskOptions {
  readonly bus: Bus
  readonly clock: Clock
  /** A number from 0 up to 1, to spread those who wait for the same server. */
  readonly random: () => number
  /** For commands that may come twice: asks again what has no answer yet. Default: it is waited for. */
  readonly repeats?: Repeats | undefined
}

export type Heard =
  | { readonly type: 'answer'; readonly answer: unknown }
  /** Nobody served the subject until the deadline: nothing was done. */
  | { readonly type: 'unheard' }
  /** The request arrived, or may have; whatever broke, what came of it is not known. */
  | { readonly type: 'lost'; readonly cause: unknown }

/**
 * Asks again while nobody serves the subject, and beside that while nobody answers, for `verdictDeadlineMs`
 * in all. Never throws.
 */
export function askUntilHeard(
  options: AskOptions,
  subject: string,
  request: unknown,
): Promise<Heard> {
  return new Promise((settle) => {
    new Question(options, subject, request, settle).begin()
  })
}

class Question implements Waiting {
  dueMs = 0
  before: Waiting | undefined
  after: Waiting | undefined
  readonly #options: AskOptions
  readonly #subject: string
  readonly #request: unknown
  readonly #settle: (heard: Heard) => void
  readonly #deadlineMs: number
  /** Copies that were sent and are not heard of. */
  #underWay = 0
  /** Of what the copies came to, that which promises least. */
  #worst: Heard | undefined
  #isWatched = false
  #isSettled = false

  constructor(
    options: AskOptions,
    subject: string,
    request: unknown,
    settle: (heard: Heard) => void,
  ) {
    this.#options = options
    this.#subject = subject
    this.#request = request
    this.#settle = settle
    this.#deadlineMs = options.clock.nowMs() + verdictDeadlineMs
  }

  begin(): void {
    this.#watch(this.#deadlineMs - verdictDeadlineMs)
    this.#ask(verdictDeadlineMs)
  }

  /** Where nobody is being asked just now the next copy is on its way anyway. */
  overdue(): void {
    this.#isWatched = false
    const { repeats, clock } = this.#options
    const nowMs = clock.nowMs()
    const leftMs = this.#deadlineMs - nowMs
    if (leftMs < askAgainAfterMs) return
    this.#watch(nowMs)
    if (this.#underWay > 0 && repeats?.grant() === true) this.#ask(leftMs)
  }

  #watch(nowMs: number): void {
    const { repeats } = this.#options
    if (repeats === undefined) return
    this.#isWatched = true
    repeats.watch(this, nowMs)
  }

  #ask(leftMs: number): void {
    this.#underWay += 1
    this.#options.bus.request(this.#subject, this.#request, leftMs).then(
      (answer) => this.#hear({ type: 'answer', answer }),
      (cause: unknown) =>
        this.#hear(
          cause instanceof NoResponderError ? { type: 'unheard' } : { type: 'lost', cause },
        ),
    )
  }

  #hear(heard: Heard): void {
    this.#underWay -= 1
    if (this.#isSettled) return
    // A decision is the same for all copies. Anything else is true of this copy alone: another one may
    // have been decided, or will be.
    if (isDecision(heard)) return this.#end(heard)
    if (weight(heard) >= weight(this.#worst)) this.#worst = heard
    if (this.#underWay > 0 || this.#worst === undefined) return
    if (this.#worst.type === 'unheard') void this.#askSoon()
    else this.#end(this.#worst)
  }

  async #askSoon(): Promise<void> {
    const { clock, random } = this.#options
    const pauseMs = askUnheardAgainMs * (0.5 + random())
    await wait(Math.max(0, Math.min(this.#deadlineMs - clock.nowMs(), pauseMs)), clock)
    const leftMs = this.#deadlineMs - clock.nowMs()
    if (leftMs > 0) this.#ask(leftMs)
    else this.#end({ type: 'unheard' })
  }

  #end(heard: Heard): void {
    this.#isSettled = true
    if (this.#isWatched) this.#options.repeats?.forget(this)
    this.#isWatched = false
    this.#settle(heard)
  }
}

/** What an answer says when it is no decision: of the copy that it answers, and of no other. */
const undecided: ReadonlySet<unknown> = new Set(['overloaded', 'internal', 'outcome_unknown'])

function isDecision(heard: Heard): boolean {
  return heard.type === 'answer' && !undecided.has(codeOf(heard.answer))
}

/** How little is known: the copies together are known no better than the least known of them. */
function weight(heard: Heard | undefined): number {
  if (heard === undefined) return 0
  if (heard.type === 'unheard') return 1
  if (heard.type === 'lost') return 4
  return codeOf(heard.answer) === 'outcome_unknown' ? 3 : 2
}

function codeOf(answer: unknown): unknown {
  return typeof answer === 'object' && answer !== null && 'code' in answer ? answer.code : undefined
}
