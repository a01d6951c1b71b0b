// From an open socket to a live session: the client says `connect`, its token is verified, its feed
// attached, and it is greeted.
import { userChannel } from '../../protocol/channels.ts'
import { errorObject } from '../../protocol/errors.ts'
import type { ClientMessage, ConnectResult, SubscribeResult } from '../../protocol/frames.ts'
import type { Identity } from '../../protocol/identity.ts'
import { onChannel, say } from './commands.ts'
import { ttlSeconds } from './live.ts'
import { secondsAfter } from './seconds.ts'
import type {
  Authenticating,
  AwaitingConnect,
  InputOf,
  Joining,
  Live,
  SessionRules,
  Step,
} from './session.ts'
import { after, errorReply, fold, leave, none, reply, stay, step } from './step.ts'

export function firstFrame(
  session: AwaitingConnect,
  { messages, bytes }: InputOf<'frame'>,
  nowMs: number,
): Step {
  const { rules, client, deadlineMs } = session
  const [first, ...waiting] = messages
  const bytesLeft = rules.firstFrameBytesMax - charged(messages, bytes, rules)
  if (first === undefined || bytesLeft < 0) return leave(session, 'bad_request')
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
    bytesLeft,
  }
  return step(next, { type: 'authenticate', id: first.id, token: first.params.token })
}

/** The public SDKs subscribe behind `connect` without waiting for its reply. */
export function keepWaiting(
  session: Authenticating | Joining,
  { messages, bytes }: InputOf<'frame'>,
): Step {
  const bytesLeft = session.bytesLeft - charged(messages, bytes, session.rules)
  const waiting = [...session.waiting, ...messages]
  if (bytesLeft < 0 || subscribesIn(waiting) > session.rules.subscriptionsMax) {
    return leave(session, 'bad_request')
  }
  return step({ ...session, bytesLeft, waiting })
}

/** What a frame takes of the room an unknown client has: subscriptions bring some of their own. */
function charged(messages: readonly ClientMessage[], bytes: number, rules: SessionRules): number {
  return Math.max(0, bytes - subscribesIn(messages) * rules.firstSubscribeBytesMax)
}

function subscribesIn(messages: readonly ClientMessage[]): number {
  return messages.filter(({ name }) => name === 'subscribe').length
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
      joinLeave: false,
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
    nextPingSeconds: secondsAfter(nowMs + firstPingAfterMs(session)),
    owesPong: false,
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
  return after([greeting], hear(live, session.waiting, nowMs))
}

/** What was said before the greeting. Its subscriptions cost nothing: they are bounded already. */
function hear(live: Live, waiting: readonly ClientMessage[], nowMs: number): Step {
  return fold(live, waiting, (now, message) => {
    if (now.state !== 'live') return stay(now)
    return message.name === 'subscribe' ? onChannel(now, message, nowMs) : say(now, message, nowMs)
  })
}

/**
 * Within the second half of the interval, told by the id: clients that all came at once, after a
 * restart, are not all pinged at once for ever after.
 */
function firstPingAfterMs({ rules, client }: Authenticating | Joining): number {
  const fraction = Number.parseInt(client.slice(-4), 16) / 0x10000
  return Math.round(rules.pingIntervalMs * (0.5 + fraction / 2))
}
