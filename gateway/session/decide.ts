// One connection as a state machine: what it is and what happens to it decide what it becomes and
// what shall be done. Pure: the same state, input and instant always give the same step. Deadlines
// are numbers, looked at when a `tick` comes.
import type { Identity } from '../../protocol/identity.ts'
import {
  admissionOverdue,
  admitted,
  firstFrame,
  joined,
  keepWaiting,
  refused,
} from './admission.ts'
import { pong } from './commands.ts'
import {
  answered,
  drain,
  drainAnswered,
  liveDueMs,
  liveTick,
  refreshed,
  refreshRefused,
  speak,
  subscribed,
  subscribeFailed,
} from './live.ts'
import type {
  InputOf,
  InputType,
  Session,
  SessionIn,
  SessionInput,
  SessionRules,
  StateName,
  Step,
} from './session.ts'
import {
  append,
  dismiss,
  end,
  errorReply,
  forget,
  leave,
  reply,
  stay,
  step,
  without,
} from './step.ts'

type Transitions = {
  readonly [S in StateName]: {
    readonly [I in InputType]: (session: SessionIn<S>, input: InputOf<I>, nowMs: number) => Step
  }
}

const expel = (session: Session, { why }: InputOf<'expelled'>): Step => leave(session, why)
const drainNow = (session: Session, { spreadMs }: InputOf<'drain'>): Step =>
  dismiss(session, spreadMs)
const malformed = (session: Session): Step => leave(session, 'bad_request')

/** What can happen in any state, for those states where it means nothing or ends them. */
const common = {
  malformed,
  native_ping: stay,
  admitted: stay,
  refused: stay,
  subscribed: stay,
  subscribe_failed: stay,
  answered: stay,
  expelled: expel,
  drain: drainNow,
  closed: forget,
} as const

/** Every state has an answer to every input; a new one of either does not compile until it is decided. */
export const TRANSITIONS: Transitions = {
  awaiting_connect: {
    ...common,
    frame: firstFrame,
    tick: (session, _, nowMs) =>
      nowMs < session.deadlineMs ? stay(session) : leave(session, 'stale'),
  },
  authenticating: {
    ...common,
    frame: keepWaiting,
    tick: admissionOverdue,
    admitted,
    refused,
  },
  joining: {
    ...common,
    frame: keepWaiting,
    tick: admissionOverdue,
    subscribed: joined,
    // Without its feed a user would miss what concerns it; the client tries again, anywhere.
    subscribe_failed: () => end('internal_server_error'),
  },
  live: {
    ...common,
    frame: (session, { messages }, nowMs) => speak(session, messages, nowMs),
    native_ping: pong,
    admitted: refreshed,
    refused: refreshRefused,
    subscribed,
    subscribe_failed: subscribeFailed,
    answered,
    tick: liveTick,
    drain,
  },
  draining: {
    ...common,
    frame: stay,
    malformed: stay,
    subscribed: (session, { id, channel, result }) =>
      step(
        {
          ...session,
          pending: without(session.pending, channel),
          channels: append(session.channels, channel),
        },
        reply('subscribe', { id, subscribe: result }),
      ),
    subscribe_failed: (session, { id, channel, error }) =>
      step(
        { ...session, pending: without(session.pending, channel) },
        errorReply('subscribe', id, error),
      ),
    answered: drainAnswered,
    tick: (session, _, nowMs) =>
      nowMs < session.deadlineMs ? stay(session) : dismiss(session, session.spreadMs),
    drain: stay,
  },
  gone: {
    ...common,
    malformed: stay,
    frame: stay,
    tick: stay,
    expelled: stay,
    drain: stay,
    closed: stay,
  },
}

/**
 * What `input` makes of `session` at `nowMs` (epoch ms). Total: there is no state in which an input
 * is a fault, and nothing follows once the session is gone.
 */
export function decide(session: Session, input: SessionInput, nowMs: number): Step {
  // The row and the column are those of the arguments; the compiler can not follow that through two unions.
  const transition = TRANSITIONS[session.state][input.type] as (
    session: Session,
    input: SessionInput,
    nowMs: number,
  ) => Step
  return transition(session, input, nowMs)
}

/** A socket that has just been opened. `client` is its id, a UUID. */
export function openSession(client: string, rules: SessionRules, nowMs: number): Session {
  return {
    state: 'awaiting_connect',
    rules,
    client,
    deadlineMs: nowMs + rules.connectDeadlineMs,
  }
}

/** When a `tick` will next matter to `session`, epoch ms. */
export function dueMs(session: Session): number {
  switch (session.state) {
    case 'live':
      return liveDueMs(session)
    case 'gone':
      return Infinity
    case 'awaiting_connect':
    case 'authenticating':
    case 'joining':
    case 'draining':
      return session.deadlineMs
  }
}

/** Whose connection it is; undefined for an anonymous watcher and for one that is not known yet. */
export function identityOf(session: Session): Identity | undefined {
  return 'identity' in session ? session.identity : undefined
}
