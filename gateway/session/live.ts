// What happens to a session that is live, and to one that is draining.
import type { ClientMessage, Reply } from '../../protocol/frames.ts'
import type { Identity } from '../../protocol/identity.ts'
import { onChannel, say, settle } from './commands.ts'
import { secondsAfter } from './seconds.ts'
import type { CallAnswer, ChannelCommand, Draining, InputOf, Live, Step } from './session.ts'
import {
  after,
  answeredOne,
  dismiss,
  errorReply,
  fail,
  fold,
  leave,
  reply,
  stay,
  step,
} from './step.ts'

/** When the token and its grace end; Infinity where there is none. */
function expiresMs({ identity, rules }: Live): number {
  return identity === undefined ? Infinity : identity.expiresAtMs + rules.tokenGraceMs
}

/** A pong is given less time than there is between two pings, so the last ping is the one it is owed for. */
function pongByMs({ owesPong, nextPingSeconds, rules }: Live): number {
  if (!owesPong) return Infinity
  return nextPingSeconds * 1_000 - rules.pingIntervalMs + rules.pongDeadlineMs
}

/** When a `tick` will next matter to a live session, epoch ms. */
export function liveDueMs(session: Live): number {
  return Math.min(session.nextPingSeconds * 1_000, pongByMs(session), expiresMs(session))
}

/** Whole seconds the token still holds; 0 where there is none. */
export function ttlSeconds(identity: Identity | undefined, nowMs: number): number {
  if (identity === undefined) return 0
  return Math.max(1, Math.ceil((identity.expiresAtMs - nowMs) / 1_000))
}

/** The messages of a frame, in order. */
export function speak(session: Live, messages: readonly ClientMessage[], nowMs: number): Step {
  return fold(session, messages, (now, message) =>
    now.state === 'live' ? say(now, message, nowMs) : stay(now),
  )
}

export function refreshed(
  session: Live,
  { id, identity }: InputOf<'admitted'>,
  nowMs: number,
): Step {
  // Another user's token is no refresh of this one.
  if (identity === undefined || identity.userId !== session.identity?.userId) {
    return leave(session, 'invalid_token')
  }
  const { rules, client } = session
  return step(
    { ...session, identity },
    reply('refresh', {
      id,
      refresh: {
        client,
        version: rules.version,
        expires: true,
        ttl: ttlSeconds(identity, nowMs),
      },
    }),
  )
}

export function refreshRefused(
  session: Live,
  { id, why }: InputOf<'refused'>,
  nowMs: number,
): Step {
  return 'close' in why ? leave(session, why.close) : fail(session, 'refresh', id, why.error, nowMs)
}

export function subscribed(
  session: Live,
  { id, channel, result }: InputOf<'subscribed'>,
  nowMs: number,
): Step {
  const { live, due } = settle(session, channel, channel)
  return after([reply('subscribe', { id, subscribe: result })], doHeld(stay(live), due, nowMs))
}

export function subscribeFailed(
  session: Live,
  { id, channel, error }: InputOf<'subscribe_failed'>,
  nowMs: number,
): Step {
  const { live, due } = settle(session, channel, undefined)
  return doHeld(fail(live, 'subscribe', id, error, nowMs), due, nowMs)
}

/** Does the commands that were held back, which were paid for when they were said. */
function doHeld(made: Step, due: readonly ChannelCommand[], nowMs: number): Step {
  return after(
    made.effects,
    fold(made.next, due, (now, command) =>
      now.state === 'live' ? onChannel(now, command, nowMs) : stay(now),
    ),
  )
}

export function answered(session: Live, { id, answer }: InputOf<'answered'>, nowMs: number): Step {
  const next = answeredOne(session)
  return 'error' in answer
    ? fail(next, answer.name, id, answer.error, nowMs)
    : step(next, callReply(id, answer))
}

export function liveTick(session: Live, _: InputOf<'tick'>, nowMs: number): Step {
  if (nowMs >= expiresMs(session)) return leave(session, 'connection_expired')
  if (nowMs >= pongByMs(session)) return leave(session, 'no_pong')
  if (nowMs < session.nextPingSeconds * 1_000) return stay(session)
  const nextPingSeconds = secondsAfter(nowMs + session.rules.pingIntervalMs)
  return step({ ...session, nextPingSeconds, owesPong: true }, { type: 'send', message: {} })
}

/** The calls begun are answered first: a bid in flight has an outcome that its bidder wants to know. */
export function drain(session: Live, { spreadMs }: InputOf<'drain'>, nowMs: number): Step {
  if (session.calls === 0) return dismiss(session, spreadMs)
  const { rules, client, identity, calls, channels, pending } = session
  return step({
    state: 'draining',
    rules,
    client,
    identity,
    deadlineMs: nowMs + rules.drainAnswersMs,
    spreadMs,
    calls,
    channels,
    pending,
  })
}

export function drainAnswered(session: Draining, { id, answer }: InputOf<'answered'>): Step {
  const next = answeredOne(session)
  const answering =
    'error' in answer ? errorReply(answer.name, id, answer.error) : callReply(id, answer)
  return after([answering], next.calls === 0 ? dismiss(next, next.spreadMs) : stay(next))
}

/** Each method's result travels under the method's own name. */
function callReply(id: number, answer: Extract<CallAnswer, { readonly result: unknown }>) {
  return reply(answer.name, { id, [answer.name]: answer.result } as Reply)
}
