// What a live client may say, command by command.
import { parseChannel } from '../../protocol/channels.ts'
import { errorObject } from '../../protocol/errors.ts'
import type { ClientMessage } from '../../protocol/frames.ts'
import { take } from './rate.ts'
import type { CallCommand, ChannelCommand, Live, Step } from './session.ts'
import { append, fail, leave, none, reply, stay, step, without } from './step.ts'

type Saying<N extends ClientMessage['name']> = Extract<ClientMessage, { readonly name: N }>
type Commands = {
  readonly [N in ClientMessage['name']]: (live: Live, message: Saying<N>, nowMs: number) => Step
}

/** Every message a frame may hold has its line; a new one does not compile until it has. */
const COMMANDS: Commands = {
  connect: (live) => leave(live, 'bad_request'),
  refresh,
  subscribe: onChannel,
  unsubscribe: onChannel,
  publish: call,
  history: call,
  presence: call,
  presence_stats: call,
  rpc: call,
  send: (live) => step(live, { type: 'ignored', method: 'send' }),
  pong,
  invalid: (live, { id, detail }, nowMs) =>
    fail(live, 'invalid', id, errorObject('bad_request', detail), nowMs),
}

/** A connection stays what it was: one that is nobody's has no token to replace. */
function refresh(live: Live, { id, params }: Saying<'refresh'>): Step {
  if (live.identity === undefined) return leave(live, 'invalid_token')
  return step(live, { type: 'authenticate', id, token: params.token })
}

/** Proof of life. */
export function pong(live: Live): Step {
  return live.owesPong ? step({ ...live, owesPong: false }) : stay(live)
}

/** One message of a live client. */
export function say(live: Live, message: ClientMessage, nowMs: number): Step {
  if (message.name === 'pong') return pong(live)
  const commandsPaidMs = take(live.commandsPaidMs, live.rules.commands, nowMs)
  if (commandsPaidMs === undefined) {
    // Without an id there is nobody to tell.
    if (message.name === 'send') return stay(live)
    return fail(live, message.name, message.id, errorObject('too_many_requests'), nowMs)
  }
  // The table gives each name the handler of its own message; the compiler can not follow that.
  const handle = COMMANDS[message.name] as (live: Live, said: ClientMessage, nowMs: number) => Step
  return handle({ ...live, commandsPaidMs }, message, nowMs)
}

function call(live: Live, command: CallCommand): Step {
  return step({ ...live, calls: live.calls + 1 }, { type: 'call', command })
}

/** Subscriptions to one channel are made and ended in the order said, one after the other. */
export function onChannel(live: Live, command: ChannelCommand, nowMs: number): Step {
  if (live.pending.includes(command.params.channel)) return hold(live, command, nowMs)
  return command.name === 'subscribe' ? subscribe(live, command, nowMs) : unsubscribe(live, command)
}

function hold(live: Live, command: ChannelCommand, nowMs: number): Step {
  if (live.held.length >= live.rules.heldCommandsMax) {
    return fail(live, command.name, command.id, errorObject('too_many_requests'), nowMs)
  }
  return step({ ...live, held: append(live.held, command) })
}

function subscribe(
  live: Live,
  { id, params }: Extract<ChannelCommand, { readonly name: 'subscribe' }>,
  nowMs: number,
): Step {
  const channel = parseChannel(params.channel)
  if (channel === undefined) {
    return fail(live, 'subscribe', id, errorObject('unknown_channel'), nowMs)
  }
  if (live.channels.includes(channel.name)) {
    return fail(live, 'subscribe', id, errorObject('already_subscribed'), nowMs)
  }
  if (live.channels.length + live.pending.length >= live.rules.subscriptionsMax) {
    const detail = `a connection may have ${live.rules.subscriptionsMax} subscriptions`
    return fail(live, 'subscribe', id, errorObject('limit_exceeded', detail), nowMs)
  }
  const { recover, epoch, offset, join_leave: joinLeave = false, token } = params
  const from = { recover, epoch, offset }
  return step(
    { ...live, pending: append(live.pending, channel.name) },
    { type: 'subscribe', id, channel, from, joinLeave, by: 'client', token },
  )
}

/** To leave a channel one is not on is no error: the client has what it wanted. */
function unsubscribe(
  live: Live,
  { id, params }: Extract<ChannelCommand, { readonly name: 'unsubscribe' }>,
): Step {
  const answer = reply('unsubscribe', { id, unsubscribe: {} })
  if (!live.channels.includes(params.channel)) return step(live, answer)
  return step(
    { ...live, channels: without(live.channels, params.channel) },
    { type: 'unsubscribe', channel: params.channel },
    answer,
  )
}

/**
 * A subscription came about (`on` is the channel's name) or did not: what was said about the channel
 * meanwhile is done now.
 */
export function settle(
  live: Live,
  channel: string,
  on: string | undefined,
): { readonly live: Live; readonly due: readonly ChannelCommand[] } {
  const settled: Live = {
    ...live,
    pending: without(live.pending, channel),
    channels: on === undefined ? live.channels : append(live.channels, on),
  }
  if (live.held.length === 0) return { live: settled, due: none }
  const due = live.held.filter((command) => command.params.channel === channel)
  const held = live.held.filter((command) => !due.includes(command))
  return { live: { ...settled, held: held.length === 0 ? none : held }, due }
}
