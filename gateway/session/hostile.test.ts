import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { errorObject } from '../../protocol/errors.ts'
import type { ClientMessage } from '../../protocol/frames.ts'
import type { SessionEffect, SessionInput } from './session.ts'
import { ann, command, Life, lotName } from './testing/sessions.ts'

const id = fc.integer({ min: 1, max: 6 })
const channel = fc.constantFrom(lotName(1), lotName(2), 'user:ann', 'user:bob', 'news')

const message: fc.Arbitrary<ClientMessage> = fc.oneof(
  fc.constant<ClientMessage>({ name: 'pong' }),
  id.map((at): ClientMessage => ({ name: 'invalid', id: at, detail: 'no' })),
  fc.tuple(id, channel).map(([at, name]) => command(at, 'subscribe', { channel: name })),
  fc.tuple(id, channel).map(([at, name]) => command(at, 'unsubscribe', { channel: name })),
  id.map((at) => command(at, 'rpc', { method: 'x' })),
  id.map((at) => command(at, 'connect', { token: 'ann' })),
  id.map((at) => command(at, 'refresh', { token: 'ann' })),
  fc.constant(command(0, 'send')),
)

const input: fc.Arbitrary<SessionInput> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      type: fc.constant('frame' as const),
      messages: fc.array(message, { minLength: 1, maxLength: 4 }),
      bytes: fc.integer({ min: 1, max: 2_000 }),
    }),
  },
  { weight: 4, arbitrary: fc.constant<SessionInput>({ type: 'tick' }) },
  {
    weight: 4,
    arbitrary: fc.constantFrom<SessionInput>(
      { type: 'admitted', id: 1, identity: ann, data: {} },
      { type: 'admitted', id: 1, identity: undefined, data: {} },
      { type: 'refused', id: 1, why: { error: errorObject('token_expired') } },
      { type: 'native_ping' },
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<SessionInput>(
      { type: 'malformed' },
      { type: 'expelled', why: 'slow' },
      { type: 'drain', spreadMs: 1 },
      { type: 'closed' },
    ),
  },
)

/** What the gateway owes to a session: it answers each call and each subscribe, some day, once. */
type Debt = Extract<SessionEffect, { readonly type: 'call' | 'subscribe' }>

function settle(life: Life, debt: Debt, good: boolean): readonly SessionEffect[] {
  if (debt.type === 'call') {
    const name = debt.command.name
    const error = errorObject('not_available')
    return life.take({ type: 'answered', id: debt.command.id, answer: { name, error } })
  }
  const about = { id: debt.id, channel: debt.channel.name }
  return life.take(
    good
      ? { type: 'subscribed', ...about, result: {} }
      : { type: 'subscribe_failed', ...about, error: errorObject('internal') },
  )
}

const happening = fc.oneof(
  { weight: 3, arbitrary: input.map((what) => ({ what })) },
  { weight: 1, arbitrary: fc.record({ settled: fc.nat(), good: fc.boolean() }) },
)

describe('I16: whatever a client sends, in whatever order', () => {
  test('nothing throws, nothing follows the end, and each channel is let go as often as it was joined', () => {
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.array(happening, { maxLength: 60, size: 'max' }),
        (greeted, happenings) => {
          const life = new Life()
          if (greeted) life.connects()
          const debts: Debt[] = []
          const watched = new Map<string, number>(greeted ? [['user:ann', 1]] : [])
          const count = (name: string, by: number) =>
            watched.set(name, (watched.get(name) ?? 0) + by)
          const check = (effects: readonly SessionEffect[], wasGone: boolean) => {
            if (wasGone) expect(effects).toEqual([])
            for (const [at, effect] of effects.entries()) {
              if (effect.type === 'close') expect(at).toBe(effects.length - 1)
              if (effect.type === 'call' || effect.type === 'subscribe') debts.push(effect)
              // From the asking on the fan-out may have the socket; where it failed it has not.
              if (effect.type === 'subscribe') count(effect.channel.name, 1)
              if (effect.type === 'unsubscribe') count(effect.channel, -1)
            }
          }
          for (const each of happenings) {
            const wasGone = life.session.state === 'gone'
            life.nowMs += 100
            if ('what' in each) {
              check(life.take(each.what), wasGone)
            } else {
              const [debt] = debts.splice(each.settled % Math.max(1, debts.length), 1)
              if (debt === undefined) continue
              if (debt.type === 'subscribe' && !each.good && !wasGone) count(debt.channel.name, -1)
              check(settle(life, debt, each.good), wasGone)
            }
          }
          const wasGone = life.session.state === 'gone'
          check(life.take({ type: 'closed' }), wasGone)
          expect(life.session).toEqual({ state: 'gone' })
          for (const [name, left] of watched) expect([name, left]).toEqual([name, 0])
        },
      ),
      { numRuns: 1_000 },
    )
  })
})
