// What the handlers of methods have in common, whether the call came by RPC or over HTTP.
import type { Refused } from '../../protocol/auction.ts'
import type { AttachmentOutcome, ConversationOutcome } from '../../protocol/chat.ts'
import type { ChatReply } from '../../protocol/chat-store.ts'
import type { EngineReply } from '../../protocol/engine.ts'
import type { ProtocolErrorName } from '../../protocol/errors.ts'
import { describeFaults, type Fault, faultsOf } from '../../protocol/faults.ts'
import type { FeedOutcome } from '../../protocol/feed.ts'
import type { Actor } from '../../protocol/identity.ts'
import { METHODS, type MethodName, type MethodParams } from '../../protocol/methods.ts'
import { isRetryable, type LotRefusalCode } from '../../protocol/refusals.ts'
import type { WebhookOutcome } from '../../protocol/webhooks.ts'
import type { GatewayLimit } from '../limits.ts'
import type { Caller } from '../ports/desk.ts'
import { type About, type Action, forbidden } from './authorization.ts'
import type { MethodMetrics } from './method-metrics.ts'

export type Outcome =
  | EngineReply
  | ChatReply
  | ConversationOutcome
  | AttachmentOutcome
  | FeedOutcome
  | WebhookOutcome

/** What came of a call. An outcome is no error: a refused bid was heard, and answered. */
export type MethodResult =
  | { readonly kind: 'data'; readonly data: unknown }
  /** `limit`: with `rate_limited`, the one that the caller ran into. */
  | { readonly kind: 'outcome'; readonly outcome: Outcome; readonly limit?: GatewayLimit }
  | {
      readonly kind: 'error'
      readonly error: ProtocolErrorName
      readonly detail?: string
      /** With `bad_request`: the fields that do not fit. */
      readonly faults?: readonly Fault[]
    }

/** Answers one method. The parameters have been checked; the rights have not. */
export type MethodHandler<Params> = (
  caller: Caller,
  params: Params,
) => MethodResult | Promise<MethodResult>

export type MethodHandlers<N extends MethodName = MethodName> = {
  readonly [M in N]: MethodHandler<MethodParams<M>>
}

/** Calls a method by name with whatever the client sent as its parameters. */
export type CallMethod = (name: MethodName, caller: Caller, data: unknown) => Promise<MethodResult>

/** The name as a method's, or undefined: names like `constructor` are nobody's method. */
export function methodNamed(name: string): MethodName | undefined {
  return Object.hasOwn(METHODS, name) ? (name as MethodName) : undefined
}

/** @param metrics hears of each call; where a handler throws, the caller of the method tells the client. */
export function createCallMethod(handlers: MethodHandlers, metrics: MethodMetrics): CallMethod {
  return async (name, caller, data) => {
    const startedMs = performance.now()
    let outcome = 'internal'
    try {
      const result = await checkedCall(handlers, name, caller, data)
      outcome = labelOf(result)
      return result
    } finally {
      metrics.called(name, outcome, performance.now() - startedMs)
    }
  }
}

function checkedCall(
  handlers: MethodHandlers,
  name: MethodName,
  caller: Caller,
  data: unknown,
): MethodResult | Promise<MethodResult> {
  const checked = METHODS[name].params.safeParse(data ?? {})
  if (!checked.success) {
    const faults = faultsOf(checked.error)
    return { kind: 'error', error: 'bad_request', detail: describeFaults(faults), faults }
  }
  // The table gives handler and schema the same name; the compiler can not follow that through a union.
  const handle = handlers[name] as MethodHandler<unknown>
  return handle(caller, checked.data)
}

function labelOf(result: MethodResult): string {
  if (result.kind === 'data') return 'data'
  if (result.kind === 'error') return result.error
  return result.outcome.outcome === 'accepted' ? 'accepted' : result.outcome.code
}

/** What an anonymous caller is told where it would have to be somebody. */
export const tokenNeeded = {
  kind: 'error',
  error: 'unauthorized',
  detail: 'a token is needed',
} as const satisfies MethodResult

/** The actor to be told to the engine, where the caller may do `action`; else what to answer. */
export function permitted(
  action: Action,
  caller: Caller,
  about: About = {},
): { readonly actor: Actor } | { readonly denied: MethodResult } {
  const error = forbidden(action, caller.identity, about)
  if (error === 'permission_denied') return { denied: { kind: 'error', error } }
  if (error !== undefined || caller.identity === undefined) return { denied: tokenNeeded }
  const { userId, roles } = caller.identity
  return { actor: { userId, roles } }
}

interface RefusalContext {
  readonly lotId: string
  readonly clientBidId?: string
  readonly serverTime: number
}

/** A refusal given by the gateway itself: the engine was not asked and nothing was recorded. */
export function refused(
  code: LotRefusalCode,
  about: RefusalContext,
  fields: Pick<Refused, 'reason' | 'scope' | 'retryAfterMs'> = {},
): Extract<MethodResult, { readonly kind: 'outcome' }> {
  const retryable = isRetryable(code)
  return { kind: 'outcome', outcome: { outcome: 'refused', code, ...about, ...fields, retryable } }
}
