// Commands that are sent again, each under its own id, until it is known what became of them.
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { MethodName } from '../../protocol/methods.ts'
import type { LoadClient } from '../client/load-client.ts'
import type { LatencyName } from '../run/measures.ts'
import type { Crew } from '../run/scenario.ts'

/** What bids and messages have in common. */
export type Outcome =
  | { readonly outcome: 'accepted' }
  | { readonly outcome: 'refused'; readonly code: string; readonly retryAfterMs?: number }
  | { readonly outcome: 'unknown' }

/** When a command was sent, and when its answer came or nothing did. Epoch ms. */
export interface Times {
  readonly sentAtMs: number
  readonly answeredAtMs: number
}

export interface Question<A extends Outcome> {
  readonly device: LoadClient
  readonly method: MethodName
  /** With the id under which it may be sent again. */
  readonly params: object
  /** By `performance.now()`. */
  readonly dueMs: number
  /** Told of each sending; without an answer where the connection was lost before it came. */
  readonly attempted?: (answer: A | undefined, times: Times) => void
  /** Told once what became of it; undefined where the server does not know the question. */
  readonly settled?: (answer: A | undefined) => void
}

/** Something that was asked, while nobody knows what became of it. */
interface Open {
  readonly dueMs: number
  /** Before it is sent again. */
  pauseMs: number
  /** Tells that the sending under way got no answer; undefined while none is. */
  unanswered: (() => void) | undefined
}

/** The first pause before the same is asked again; it doubles each time, so that a server can catch up. */
const againAfterMs = { min: 200, max: 6_400 } as const
const lookEveryMs = 10
/** Refusals that say nothing of the command. Others are verdicts: another one might be taken, this one is not. */
const PUT_OFF: ReadonlySet<string> = new Set(['overloaded', 'rate_limited', 'internal'])

export class Asking {
  readonly #crew: Crew
  readonly #latency: LatencyName | undefined
  readonly #open = new Set<Open>()
  #isOver = false

  /** @param latency under which the time from due to known is measured. Without one, what is asked counts as nothing that was sent */
  constructor(crew: Crew, latency?: LatencyName) {
    this.#crew = crew
    this.#latency = latency
  }

  /** Of how many nobody knows yet what became of them. */
  get waiting(): number {
    return this.#open.size
  }

  ask<A extends Outcome>(question: Question<A>): void {
    if (this.#isOver) return
    const { dueMs } = question
    const open: Open = { dueMs, pauseMs: againAfterMs.min, unanswered: undefined }
    this.#open.add(open)
    this.#send(question, open)
  }

  /**
   * Resolves when all is known, or the crew's patience is at its end. Nothing is asked from then on: what is judged
   * must stand still. Of what has no answer by then nobody knows what became, and so it is told; it may be stored.
   */
  async allKnown(): Promise<void> {
    const { signal, patienceMs, recorder } = this.#crew
    const givesUpAtMs = performance.now() + patienceMs
    while (this.#open.size > 0 && performance.now() < givesUpAtMs) {
      await sleep(lookEveryMs, undefined, { signal })
    }
    this.#isOver = true
    for (const { dueMs, unanswered } of this.#open) {
      recorder.error('commands of which nobody knows what became')
      // They have waited at least so long: without them the slowest would be the ones that are not counted.
      if (this.#latency !== undefined) recorder.time(this.#latency, performance.now() - dueMs)
      unanswered?.()
    }
  }

  #send<A extends Outcome>(question: Question<A>, open: Open): void {
    const { device, method, params } = question
    if (!device.isConnected) {
      // Nothing can be lost of what is not sent.
      open.pauseMs = againAfterMs.min
      return this.#sendAgain(question, open)
    }
    const sentAtMs = epochNow()
    const attempted = (answer: A | undefined) =>
      question.attempted?.(answer, { sentAtMs, answeredAtMs: epochNow() })
    open.unanswered = () => attempted(undefined)
    device.rpc(method, params, (data, error) => {
      if (this.#isOver) return
      open.unanswered = undefined
      const answer = data as A | undefined
      if (error !== undefined) this.#crew.recorder.error(`${method}: ${error.message}`)
      if (error !== undefined && error.temporary !== true) {
        return this.#settle(question, open, undefined)
      }
      attempted(answer)
      if (answer === undefined || isOpen(answer)) this.#sendAgain(question, open, answer)
      else this.#settle(question, open, answer)
    })
  }

  #sendAgain<A extends Outcome>(question: Question<A>, open: Open, answer?: A): void {
    const { recorder, random, signal } = this.#crew
    const askedMs = answer?.outcome === 'refused' ? (answer.retryAfterMs ?? 0) : 0
    const pauseMs = askedMs + open.pauseMs * (0.5 + random())
    open.pauseMs = Math.min(againAfterMs.max, 2 * open.pauseMs)
    const again = () => {
      if (signal.aborted || this.#isOver) return
      if (question.device.isConnected) recorder.count('asked_again')
      this.#send(question, open)
    }
    setTimeout(again, pauseMs)
  }

  #settle<A extends Outcome>(question: Question<A>, open: Open, answer: A | undefined): void {
    const { recorder } = this.#crew
    this.#open.delete(open)
    if (this.#latency !== undefined) {
      recorder.count(answer?.outcome === 'accepted' ? 'accepted' : 'refused')
      if (answer !== undefined) recorder.time(this.#latency, performance.now() - question.dueMs)
    }
    if (answer?.outcome === 'refused') recorder.error(`${question.method}: ${answer.code}`)
    question.settled?.(answer)
  }
}

/** Whether the same is to be sent again: nobody knows what became of it, or nothing did. */
function isOpen(answer: Outcome): boolean {
  if (answer.outcome === 'accepted') return false
  return answer.outcome === 'unknown' || PUT_OFF.has(answer.code)
}

/** On a clock that all processes of this machine share. */
function epochNow(): number {
  return performance.timeOrigin + performance.now()
}
