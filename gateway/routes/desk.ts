// The desk: everything a connection asks of the gateway, answered. See `ports/desk.ts`.

import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/log.ts'
import type { CloseName } from '../../protocol/close-codes.ts'
import { commandsPerFrameMax, frameBytesMax } from '../../protocol/codec.ts'
import { type ErrorObject, errorObject } from '../../protocol/errors.ts'
import type { Identity } from '../../protocol/identity.ts'
import { historyItemsMax, subscriptionsPerConnectionMax } from '../limits.ts'
import type { Admission, Answer, Desk } from '../ports/desk.ts'
import type { ChannelRoutes } from './channels.ts'
import type { Identification, Identify } from './identify.ts'
import { type CallMethod, type MethodResult, methodNamed } from './method.ts'

export interface DeskOptions {
  readonly identify: Identify
  readonly channels: ChannelRoutes
  readonly callMethod: CallMethod
  readonly clock: Clock
  readonly log: Logger
}

export function createDesk(options: DeskOptions): Desk {
  const { channels, log } = options
  /** The error to tell instead of what broke; the log gets the rest. */
  const broken = (err: unknown, asked: string): ErrorObject => {
    log.error({ err, asked }, 'a command failed')
    return errorObject('internal')
  }
  const guarded = async <T>(asked: string, work: () => Promise<Answer<T>>): Promise<Answer<T>> => {
    try {
      return await work()
    } catch (err) {
      return { error: broken(err, asked) }
    }
  }
  return {
    admit: async (token) => {
      try {
        return admission(await options.identify(token), options.clock.nowMs())
      } catch (err) {
        return { admitted: false, error: broken(err, 'connect') }
      }
    },
    maySubscribe: async (caller, channel, token) => {
      try {
        return await channels.maySubscribe(caller, channel, token)
      } catch (err) {
        return broken(err, 'subscribe')
      }
    },
    history: (caller, params) => guarded('history', () => channels.history(caller, params)),
    presence: (caller, { channel }) =>
      guarded('presence', () => channels.presence(caller, channel)),
    presenceStats: (caller, { channel }) =>
      guarded('presence_stats', () => channels.presenceStats(caller, channel)),
    publish: (caller, params) => guarded('publish', () => channels.publish(caller, params)),
    rpc: async (caller, { method, data }) => {
      const name = methodNamed(method)
      if (name === undefined) return { error: errorObject('method_not_found') }
      try {
        return rpcAnswer(await options.callMethod(name, caller, data))
      } catch (err) {
        return { error: broken(err, `rpc ${method}`) }
      }
    },
  }
}

function admission(who: Identification, nowMs: number): Admission {
  if (!who.known) return { admitted: false, ...turnedAway(who) }
  return { admitted: true, identity: who.identity, data: greeting(who.identity, nowMs) }
}

/** An error leaves the socket open for another try; a close tells the client not to come again. */
function turnedAway({
  fault,
  says,
}: Extract<Identification, { readonly known: false }>):
  | { readonly error: ErrorObject }
  | { readonly close: CloseName } {
  if (fault === 'missing') return { error: errorObject('unauthorized', says) }
  if (fault === 'expired') return { error: errorObject('token_expired') }
  if (fault === 'unavailable') return { error: errorObject('internal', says) }
  return { close: fault === 'revoked' ? 'force_disconnect' : 'invalid_token' }
}

/** The bounds a client can keep to by itself. */
const limitsToldToClients = {
  frameBytes: frameBytesMax,
  commandsPerFrame: commandsPerFrameMax,
  subscriptions: subscriptionsPerConnectionMax,
  historyItems: historyItemsMax,
}

/** `data` of the connect reply. */
function greeting(identity: Identity | undefined, serverTime: number): unknown {
  return { serverTime, roles: identity?.roles ?? [], limits: limitsToldToClients }
}

/** A refusal is an answer; only a missing right is an error, as everywhere in the protocol. */
function rpcAnswer(result: MethodResult): Answer<{ readonly data: unknown }> {
  if (result.kind === 'data') return { result: { data: result.data } }
  if (result.kind === 'error') return { error: errorObject(result.error, result.detail) }
  const { outcome } = result
  const denied = outcome.outcome === 'refused' && outcome.code === 'not_permitted'
  return denied ? { error: errorObject('permission_denied') } : { result: { data: outcome } }
}
