// From an open socket to a live session: the client says `connect`, its token is verified, its feed
// attached, and it is greeted.
import { userChannel } from '../../protocol/channels.ts'
import { errorObject } from '../../protocol/errors.ts'
import type { ConnectResult, SubscribeResult } from '../../protocol/frames.ts'
import type { Identity } from '../../protocol/identity.ts'
import { expiresMs, speak, ttlSeconds } from './live.ts'
import type { Authenticating, AwaitingConnect, InputOf, Joining, Live, Step } from './session.ts'
import { after, errorReply, leave, none, reply, stay, step } from './step.ts'

export function firstFrame(
  session: AwaitingConnect,
  { messages, bytes }: InputOf<'frame'>,
  nowMs: number,
): Step {
  const { rules, client, deadlineMs } = session
  const [first, ...waiting] = messages
  if (first === undefined || bytes > rules.firstFrameBytesMax) return leave(session, 'bad_request')
  if (first.name === 'invalid') {
    // The reason goes first: a developer who sees only the close code would search for long.
    const error = errorObject('bad_request', first.detail)
    return after([errorReply('invalid', first.id, error)], leave(session, 'bad_request'))
  }
  if (first.name !== 'connect') return leave(session, 'bad_request')
  const next: Authenticating = {
    state: 'authenticating',
    rules,
    client,
    connectId: first.id,
    deadlineMs: nowMs + rules.admissionDeadlineMs,
    connectByMs: deadlineMs,
    positions: first.params.subs,
    waiting,
    bytesLeft: rules.firstFrameBytesMax - bytes,
  }
  return step(next, { type: 'authenticate', id: first.id, token: first.params.token })
}

/** The public SDKs subscribe behind `connect` without waiting for its reply. */
export function keepWaiting(
  session: Authenticating | Joining,
  { messages, bytes }: InputOf<'frame'>,
): Step {
  const bytesLeft = session.bytesLeft - bytes
  return bytesLeft < 0
    ? leave(session, 'bad_request')
    : step({ ...session, bytesLeft, waiting: [...session.waiting, ...messages] })
}

export function admissionOverdue(
  session: Authenticating | Joining,
  _: InputOf<'tick'>,
  nowMs: number,
): Step {
  return nowMs < session.deadlineMs ? stay(session) : leave(session, 'internal_server_error')
}

export function refused(session: Authenticating, { why }: InputOf<'refused'>): Step {
  if ('close' in why) return leave(session, why.close)
  const { rules, client, connectByMs, connectId, waiting } = session
  const unheard = waiting.flatMap((message) =>
    'id' in message && message.id > 0
      ? [errorReply(message.name, message.id, errorObject('unauthorized'))]
      : [],
  )
  return step(
    { state: 'awaiting_connect', rules, client, deadlineMs: connectByMs },
    errorReply('connect', connectId, why.error),
    ...unheard,
  )
}

export function admitted(
  session: Authenticating,
  { identity, data }: InputOf<'admitted'>,
  nowMs: number,
): Step {
  if (identity === undefined) return welcome(session, undefined, data, {}, nowMs)
  const { positions, state: _, ...rest } = session
  const name = userChannel(identity.userId)
  const from =
    positions !== undefined && Object.hasOwn(positions, name) ? (positions[name] ?? {}) : {}
  return step(
    { ...rest, state: 'joining', identity, data },
    {
      type: 'subscribe',
      id: session.connectId,
      channel: { kind: 'user', name, userId: identity.userId },
      from,
      by: 'server',
      token: undefined,
    },
  )
}

export function joined(
  session: Joining,
  { channel, result }: InputOf<'subscribed'>,
  nowMs: number,
): Step {
  return welcome(session, session.identity, session.data, { [channel]: result }, nowMs)
}

function welcome(
  session: Authenticating | Joining,
  identity: Identity | undefined,
  data: unknown,
  subs: Readonly<Record<string, SubscribeResult>>,
  nowMs: number,
): Step {
  const { rules, client } = session
  const live: Live = {
    state: 'live',
    rules,
    client,
    identity,
    nextPingMs: nowMs + firstPingAfterMs(session),
    pongByMs: Infinity,
    expiresMs: expiresMs(identity, rules),
    commandsPaidMs: 0,
    errorsPaidMs: 0,
    calls: 0,
    channels: Object.keys(subs),
    pending: none,
    held: none,
  }
  const result: ConnectResult = {
    client,
    version: rules.version,
    node: rules.node,
    time: nowMs,
    expires: identity !== undefined,
    ttl: ttlSeconds(identity, nowMs),
    ping: rules.pingIntervalMs / 1_000,
    pong: true,
    subs,
    data,
  }
  const greeting = reply('connect', { id: session.connectId, connect: result })
  return after([greeting], speak(live, session.waiting, nowMs))
}

/**
 * Within the second half of the interval, told by the id: clients that all came at once, after a
 * restart, are not all pinged at once for ever after.
 */
function firstPingAfterMs({ rules, client }: Authenticating | Joining): number {
  const fraction = Number.parseInt(client.slice(-4), 16) / 0x10000
  return Math.round(rules.pingIntervalMs * (0.5 + fraction / 2))
}
