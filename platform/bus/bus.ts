// The bus port: what carries commands and events between processes. It may lose, double and reorder
// messages, and nothing durable rests on it: every stream has a gap-free sequence that is healed from
// PostgreSQL. Adapters: `in-process-bus.ts` (one process) and, in a cluster, NATS.

/** Plain data (no functions, no class instances); whoever receives it must not change it. */
export type BusMessage = unknown

/** Nobody serves the subject: known at once, so the caller may retry or say so. */
export class NoResponderError extends Error {
  override readonly name = 'NoResponderError'
}

/** The reply did not come in time; whether the request was carried out is unknown. */
export class BusTimeoutError extends Error {
  override readonly name = 'BusTimeoutError'
}

/**
 * Whoever served the request failed at it: `message` is what went wrong there. Expected outcomes are
 * replies; this is a fault, told without its class since it may come from another process.
 */
export class RequestFailedError extends Error {
  override readonly name = 'RequestFailedError'
}

/** The request is larger than what carries it takes: it reached nobody, and never will. */
export class MessageTooLargeError extends Error {
  override readonly name = 'MessageTooLargeError'
}

/** What a server returns for a request that another one may be answering: the asker hears nothing of it. */
export const silence: unique symbol = Symbol('silence')

/** What a server returns that knows for all that nobody answers: the asker is told so, as where nobody serves. */
export const nobody: unique symbol = Symbol('nobody')

export interface ServeOptions {
  /** Names those that were meant to share. */
  readonly queue?: string
  /**
   * Each request goes to all who serve the subject, and the first answer counts: one that stands still keeps
   * it from nobody. All of them say so, and those that are not to answer return `silence`. Whoever leaves
   * may still be asked what was on its way then: whether others heard it too is for the handler to know.
   */
  readonly everyone?: boolean
}

/** Ends a subscription or a service; safe to call twice. */
export type Unlisten = () => void

export interface Bus {
  /** Nothing it carries leaves the process: to hear a whole pattern costs nothing that was not paid already. */
  readonly isLocal?: true
  /**
   * Tells everyone who listens; does not wait and never throws for a lost message. False where it is known
   * at once that nobody will hear it now, and might later; true promises nothing.
   */
  publish(subject: string, message: BusMessage): boolean
  /**
   * Hears what is published on `subject` from the moment the promise resolves; `*` stands for one
   * token, `>` as the last token for one or more. Handlers run in a turn of their own, never inside
   * `publish`, and in the order published.
   */
  listen(
    subject: string,
    handler: (message: BusMessage, subject: string) => void,
  ): Promise<Unlisten>
  /**
   * Asks whoever serves `subject`, one of them where there are several, unless they serve as `everyone`.
   * @throws NoResponderError at once, BusTimeoutError after `timeoutMs`, RequestFailedError where the
   * server threw, MessageTooLargeError where the bus has a bound.
   */
  request(subject: string, message: BusMessage, timeoutMs: number): Promise<BusMessage>
  /** Answers requests on `subject`. Where several do, each request goes to one of them, or to `everyone`. */
  serve(
    subject: string,
    handler: (message: BusMessage) => Promise<BusMessage>,
    options?: ServeOptions,
  ): Promise<Unlisten>
}
