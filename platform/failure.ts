// What an operator can mend: told in one sentence, without a stack.

/** How a process ends; the numbers are those of sysexits.h, so scripts can tell them apart. */
export const exitCodes = {
  /** Something needed is not there: a port in use, a database out of reach. */
  unavailable: 69,
  /** A fault of the program itself. */
  software: 70,
  /** The configuration does not hold. */
  configuration: 78,
} as const

export interface FailureOptions {
  /** Default: `exitCodes.unavailable`. */
  readonly exitCode?: number
  /** What to do about it, in one sentence. */
  readonly hint?: string
  readonly cause?: unknown
}

/** The process cannot go on for a reason outside of it. `message` is one sentence for the operator. */
export class Failure extends Error {
  override readonly name: string = 'Failure'
  readonly exitCode: number
  readonly hint: string | undefined

  constructor(sentence: string, options: FailureOptions = {}) {
    super(sentence, { cause: options.cause })
    this.exitCode = options.exitCode ?? exitCodes.unavailable
    this.hint = options.hint
  }

  /** The sentence and, on a line of its own, the hint. */
  get text(): string {
    return this.hint === undefined ? this.message : `${this.message}\n${this.hint}`
  }
}

/** The code of a Node or PostgreSQL error (`EADDRINUSE`, `40001`), where it has one. */
export function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}
