// How steps are made and put one after the other.

import { userChannel } from '../../protocol/channels.ts'
import { CLOSE_CODES, type CloseName, shouldReconnect } from '../../protocol/close-codes.ts'
import { type ErrorObject, PROTOCOL_ERRORS } from '../../protocol/errors.ts'
import type { Reply } from '../../protocol/frames.ts'
import { take } from './rate.ts'
import type { Draining, Live, Method, Session, SessionEffect, SessionIn, Step } from './session.ts'

const nothing: readonly SessionEffect[] = []
const gone: SessionIn<'gone'> = { state: 'gone' }

/** Nothing happens. */
export const stay = (session: Session): Step => ({ next: session, effects: nothing })

export const step = (next: Session, ...effects: readonly SessionEffect[]): Step => ({
  next,
  effects,
})

/** `effects` go out before those of `then`. */
export const after = (effects: readonly SessionEffect[], then: Step): Step =>
  effects.length === 0 ? then : { next: then.next, effects: [...effects, ...then.effects] }

/** Feeds each item to the session that the one before left behind; ends when the session is gone. */
export function fold<T>(
  session: Session,
  items: readonly T[],
  one: (session: Session, item: T) => Step,
): Step {
  const [only] = items
  if (only !== undefined && items.length === 1) return one(session, only)
  let next = session
  const effects: SessionEffect[] = []
  for (const item of items) {
    if (next.state === 'gone') break
    const made = one(next, item)
    next = made.next
    effects.push(...made.effects)
  }
  return { next, effects }
}

/** The socket is closed already: what it watched is let go. */
export function forget(session: Session): Step {
  return { next: gone, effects: releases(session) }
}

/** We close it. */
export function leave(session: Session, why: CloseName): Step {
  return after(releases(session), end(why))
}

/** We close one that watches nothing. */
export const end = (why: CloseName): Step => step(gone, { type: 'close', why })

function releases(session: Session): SessionEffect[] {
  return watched(session).map((channel) => ({ type: 'unsubscribe', channel }))
}

/** Also what is only being attached: the fan-out then gives up attaching it. */
function watched(session: Session): readonly string[] {
  switch (session.state) {
    case 'live':
    case 'draining':
      return [...session.channels, ...session.pending]
    case 'joining':
      return [userChannel(session.identity.userId)]
    case 'awaiting_connect':
    case 'authenticating':
    case 'gone':
      return []
  }
}

/** The client is told to come back later and elsewhere, and the socket closed. */
export function dismiss(session: Session, spreadMs: number): Step {
  const { code, reason } = CLOSE_CODES.shutdown
  const disconnect = { code, reason, reconnect: shouldReconnect(code), spreadMs }
  return after([{ type: 'send', message: { push: { disconnect } } }], leave(session, 'shutdown'))
}

export const reply = (method: Method, message: Reply): SessionEffect => ({
  type: 'reply',
  method,
  message,
})

export const errorReply = (method: Method, id: number, error: ErrorObject): SessionEffect =>
  reply(method, { id, error })

/** Answers with an error, and ends a client that brings upon itself one after the other. */
export function fail(
  session: Live,
  method: Method,
  id: number,
  error: ErrorObject,
  nowMs: number,
): Step {
  const answer = errorReply(method, id, error)
  // Our own faults (temporary internal errors) are not held against the client.
  if (error.code === PROTOCOL_ERRORS.internal.code) return step(session, answer)
  const errorsPaidMs = take(session.errorsPaidMs, session.rules.errors, nowMs)
  if (errorsPaidMs === undefined) return after([answer], leave(session, 'too_many_errors'))
  return step({ ...session, errorsPaidMs }, answer)
}

/** One call less is owed. */
export const answeredOne = <S extends Live | Draining>(session: S): S => ({
  ...session,
  calls: session.calls - 1,
})

/** For sessions to share, as most of them have nothing to list. */
export const none: readonly never[] = []

/** `list` and `item`. A spread would reserve room for more, in every session, for as long as it lives. */
export const append = <T extends string | object>(list: readonly T[], item: T): readonly T[] =>
  list.concat([item])

/** `list` without the first `item`. */
export function without<T>(list: readonly T[], item: T): readonly T[] {
  if (list.length === 1 && list[0] === item) return none
  const at = list.indexOf(item)
  return at < 0 ? list : list.toSpliced(at, 1)
}
