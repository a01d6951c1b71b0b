// Sessions in every state, and a way to lead one through what happens to it.
import type { CloseName } from '../../../protocol/close-codes.ts'
import type { ClientMessage, CommandName, Reply, ServerMessage } from '../../../protocol/frames.ts'
import type { Identity } from '../../../protocol/identity.ts'
import { decide, openSession } from '../decide.ts'
import type { Session, SessionEffect, SessionInput, SessionRules, StateName } from '../session.ts'

/** 2026-01-01 12:00 UTC. */
export const noonMs = 1_767_268_800_000
const client = '0193a000-0000-7000-8000-00000000ffff'

const rules: SessionRules = {
  node: 'n1',
  version: '1.2.3',
  connectDeadlineMs: 5_000,
  admissionDeadlineMs: 10_000,
  firstFrameBytesMax: 4_096,
  firstSubscribeBytesMax: 256,
  pingIntervalMs: 25_000,
  pongDeadlineMs: 10_000,
  tokenGraceMs: 30_000,
  drainAnswersMs: 2_500,
  subscriptionsMax: 3,
  heldCommandsMax: 4,
  commands: { intervalMs: 20, burst: 100 },
  errors: { intervalMs: 200, burst: 10 },
}

export const ann: Identity = { userId: 'ann', roles: [], expiresAtMs: noonMs + 60_000 }

export const lotName = (digit: number): string => `lot:0193a000-0000-7000-8000-00000000000${digit}`

export function command(id: number, name: CommandName, params: object = {}): ClientMessage {
  return { id, name, params } as unknown as ClientMessage
}

/** A session and everything it asked for. */
export class Life {
  session: Session
  nowMs = noonMs
  readonly effects: SessionEffect[] = []

  constructor(own: Partial<SessionRules> = {}) {
    this.session = openSession(client, { ...rules, ...own }, noonMs)
  }

  /** What came of this input alone. */
  take(input: SessionInput): readonly SessionEffect[] {
    const { next, effects } = decide(this.session, input, this.nowMs)
    this.session = next
    this.effects.push(...effects)
    return effects
  }

  say(...messages: readonly ClientMessage[]): readonly SessionEffect[] {
    return this.take({ type: 'frame', messages, bytes: 100 })
  }

  passes(ms: number): readonly SessionEffect[] {
    this.nowMs += ms
    return this.take({ type: 'tick' })
  }

  /** `connect`, with everything going well. */
  connects(who: Identity | 'anonymous' = ann): this {
    const identity = who === 'anonymous' ? undefined : who
    this.say(command(1, 'connect', { token: identity?.userId }))
    this.take({ type: 'admitted', id: 1, identity, data: {} })
    if (identity !== undefined) {
      const channel = `user:${identity.userId}`
      this.take({ type: 'subscribed', id: 1, channel, result: { offset: 7 } })
    }
    return this
  }

  subscribes(channel: string, id = 2): this {
    this.say(command(id, 'subscribe', { channel }))
    this.take({ type: 'subscribed', id, channel, result: { offset: 1 } })
    return this
  }

  get closed(): CloseName | undefined {
    return this.effects.find((effect) => effect.type === 'close')?.why
  }
}

export function replies(effects: readonly SessionEffect[]): Reply[] {
  return effects.flatMap((effect) => (effect.type === 'reply' ? [effect.message] : []))
}

export function sent(effects: readonly SessionEffect[]): ServerMessage[] {
  return effects.flatMap((effect) => (effect.type === 'send' ? [effect.message] : []))
}

/** One session in each state. */
export function lives(): Record<StateName, Life> {
  const gone = new Life()
  gone.take({ type: 'closed' })
  const authenticating = new Life()
  authenticating.say(command(1, 'connect', { token: 'ann' }))
  const joining = new Life()
  joining.say(command(1, 'connect', { token: 'ann' }))
  joining.take({ type: 'admitted', id: 1, identity: ann, data: {} })
  const live = new Life().connects().subscribes(lotName(1))
  const draining = new Life().connects().subscribes(lotName(1))
  draining.say(command(3, 'rpc', { method: 'bid.place' }))
  draining.take({ type: 'drain', spreadMs: 5_000 })
  return { awaiting_connect: new Life(), authenticating, joining, live, draining, gone }
}
