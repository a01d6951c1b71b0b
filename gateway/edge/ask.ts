// What a session cannot know by itself: asked of the desk and of the fan-out, answered by an input.
import type { Identity } from '../../protocol/identity.ts'
import type { Hub } from '../fanout/hub.ts'
import type { Subscriber } from '../fanout/subscriber.ts'
import type { Answer, Caller, Desk } from '../ports/desk.ts'
import type { CallAnswer, CallCommand, SessionEffect, SessionInput } from '../session/session.ts'

export type Question = Extract<
  SessionEffect,
  { readonly type: 'authenticate' | 'subscribe' | 'call' }
>
type QuestionOf<T extends Question['type']> = Extract<Question, { readonly type: T }>

export interface Asker extends Subscriber, Caller {
  readonly isGone: boolean
  /** Enters the connection as this user's; false where the user has too many over all gateways. */
  claim(holder: Identity): boolean | Promise<boolean>
}

export interface Answerers {
  readonly desk: Desk
  readonly hub: Hub
}

/** The input that `question` leads to; undefined where nobody is left to hear it. */
export function ask(
  answerers: Answerers,
  asker: Asker,
  question: Question,
): Promise<SessionInput | undefined> {
  switch (question.type) {
    case 'authenticate':
      return authenticate(answerers, asker, question)
    case 'subscribe':
      return subscribe(answerers, asker, question)
    case 'call':
      return call(answerers, asker, question.command)
  }
}

async function authenticate(
  { desk }: Answerers,
  asker: Asker,
  { id, token }: QuestionOf<'authenticate'>,
): Promise<SessionInput | undefined> {
  const admission = await desk.admit(token, asker.address)
  if (!admission.admitted) return { type: 'refused', id, why: admission }
  // A socket that has closed meanwhile must not be entered as anybody's.
  if (asker.isGone) return undefined
  const { identity, data } = admission
  if (identity !== undefined && asker.identity === undefined) {
    const claimed = asker.claim(identity)
    if (claimed !== true && !(await claimed)) return { type: 'expelled', why: 'connection_limit' }
  }
  return { type: 'admitted', id, identity, data }
}

async function subscribe(
  { desk, hub }: Answerers,
  asker: Asker,
  { id, channel, from, joinLeave, by, token }: QuestionOf<'subscribe'>,
): Promise<SessionInput | undefined> {
  const { name } = channel
  if (by === 'client') {
    const error = await desk.maySubscribe(callerOf(asker), channel, token)
    if (error !== undefined) return { type: 'subscribe_failed', id, channel: name, error }
    // Whoever left meanwhile was taken off all its channels; it must not be put on another.
    if (asker.isGone) return undefined
  }
  const outcome = await hub.subscribe(asker, channel, { ...from, joinLeave })
  return 'error' in outcome
    ? { type: 'subscribe_failed', id, channel: name, error: outcome.error }
    : { type: 'subscribed', id, channel: outcome.channel, result: outcome.result }
}

async function call(
  { desk }: Answerers,
  asker: Asker,
  command: CallCommand,
): Promise<SessionInput> {
  const answer = await answerTo(desk, callerOf(asker), command)
  // Each command's answer goes with the command's own name; the compiler can not follow that.
  return {
    type: 'answered',
    id: command.id,
    answer: { name: command.name, ...answer } as CallAnswer,
  }
}

function answerTo(desk: Desk, caller: Caller, command: CallCommand): Promise<Answer<unknown>> {
  switch (command.name) {
    case 'rpc':
      return desk.rpc(caller, command.params)
    case 'history':
      return desk.history(caller, command.params)
    case 'presence':
      return desk.presence(caller, command.params)
    case 'presence_stats':
      return desk.presenceStats(caller, command.params)
    case 'publish':
      return desk.publish(caller, command.params)
  }
}

function callerOf({ client, identity, address, origin }: Asker): Caller {
  return { client, identity, address, origin }
}
