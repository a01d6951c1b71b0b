import { describe, expect, test } from 'vitest'
import { errorObject } from '../../protocol/errors.ts'
import { decide, dueMs, identityOf, TRANSITIONS } from './decide.ts'
import type { InputType, SessionInput, StateName } from './session.ts'
import { ann, command, Life, lives, lotName, noonMs, replies, sent } from './testing/sessions.ts'

const lot = lotName(1)
const subscribeTo = (channel: string, id: number) => command(id, 'subscribe', { channel })

const INPUTS: Record<InputType, SessionInput> = {
  frame: { type: 'frame', messages: [command(9, 'rpc', { method: 'x' })], bytes: 30 },
  malformed: { type: 'malformed' },
  native_ping: { type: 'native_ping' },
  admitted: { type: 'admitted', id: 1, identity: ann, data: {} },
  refused: { type: 'refused', id: 1, why: { error: errorObject('token_expired') } },
  subscribed: { type: 'subscribed', id: 2, channel: lotName(2), result: { offset: 3 } },
  subscribe_failed: {
    type: 'subscribe_failed',
    id: 2,
    channel: lotName(2),
    error: errorObject('internal'),
  },
  answered: { type: 'answered', id: 3, answer: { name: 'rpc', result: { data: 1 } } },
  tick: { type: 'tick' },
  expelled: { type: 'expelled', why: 'slow' },
  drain: { type: 'drain', spreadMs: 5_000 },
  closed: { type: 'closed' },
}

/** What each input makes of each state, and the code of the close where there is one. */
// biome-ignore format: a table is read in columns
const TABLE: Record<InputType, Record<StateName, string>> = {
  //                   awaiting_connect               authenticating                  joining                                live                     draining                  gone
  frame:            { awaiting_connect: 'bad_request', authenticating: 'authenticating', joining: 'joining',                 live: 'live',            draining: 'draining',     gone: 'gone' },
  malformed:        { awaiting_connect: 'bad_request', authenticating: 'bad_request',    joining: 'bad_request',             live: 'bad_request',     draining: 'draining',     gone: 'gone' },
  native_ping:      { awaiting_connect: 'awaiting_connect', authenticating: 'authenticating', joining: 'joining',            live: 'live',            draining: 'draining',     gone: 'gone' },
  admitted:         { awaiting_connect: 'awaiting_connect', authenticating: 'joining',   joining: 'joining',                 live: 'live',            draining: 'draining',     gone: 'gone' },
  refused:          { awaiting_connect: 'awaiting_connect', authenticating: 'awaiting_connect', joining: 'joining',          live: 'live',            draining: 'draining',     gone: 'gone' },
  subscribed:       { awaiting_connect: 'awaiting_connect', authenticating: 'authenticating', joining: 'live',               live: 'live',            draining: 'draining',     gone: 'gone' },
  subscribe_failed: { awaiting_connect: 'awaiting_connect', authenticating: 'authenticating', joining: 'internal_server_error', live: 'live',         draining: 'draining',     gone: 'gone' },
  answered:         { awaiting_connect: 'awaiting_connect', authenticating: 'authenticating', joining: 'joining',            live: 'live',            draining: 'shutdown',     gone: 'gone' },
  tick:             { awaiting_connect: 'awaiting_connect', authenticating: 'authenticating', joining: 'joining',            live: 'live',            draining: 'draining',     gone: 'gone' },
  expelled:         { awaiting_connect: 'slow',        authenticating: 'slow',           joining: 'slow',                    live: 'slow',            draining: 'slow',         gone: 'gone' },
  drain:            { awaiting_connect: 'shutdown',    authenticating: 'shutdown',       joining: 'shutdown',                live: 'shutdown',        draining: 'draining',     gone: 'gone' },
  closed:           { awaiting_connect: 'gone',        authenticating: 'gone',           joining: 'gone',                    live: 'gone',            draining: 'gone',         gone: 'gone' },
}

const inputTypes = Object.keys(INPUTS) as InputType[]
const states = Object.keys(TRANSITIONS) as StateName[]

describe.each(states)('a session that is %s', (state) => {
  test.each(inputTypes)('has an answer to %s', (type) => {
    const life = lives()[state]
    const { next, effects } = decide(life.session, INPUTS[type], life.nowMs)
    const close = effects.find((effect) => effect.type === 'close')
    expect(close?.why ?? next.state).toBe(TABLE[type][state])
    if (close !== undefined) expect(next.state).toBe('gone')
    if (next.state === 'gone' && state !== 'gone') expect(dueMs(next)).toBe(Infinity)
  })
})

describe('before connect', () => {
  test('nothing said for five seconds closes as stale', () => {
    const life = new Life()
    expect(life.passes(4_999)).toEqual([])
    life.passes(1)
    expect(life.closed).toBe('stale')
  })

  test.each(['subscribe', 'rpc', 'send', 'refresh', 'history'] as const)(
    '%s is a bad request',
    (name) => {
      const life = new Life()
      life.say(command(1, name, { channel: lot, token: 't' }))
      expect(life.closed).toBe('bad_request')
    },
  )

  test('a pong to nothing is a bad request', () => {
    const life = new Life()
    life.say({ name: 'pong' })
    expect(life.closed).toBe('bad_request')
  })

  test('a first frame of more than four KiB is a bad request', () => {
    const life = new Life()
    life.take({ type: 'frame', messages: [command(1, 'connect')], bytes: 4_097 })
    expect(life.closed).toBe('bad_request')
  })

  test('a connect whose fields do not fit is told why before it is closed', () => {
    const life = new Life()
    const effects = life.say({ name: 'invalid', id: 1, detail: 'connect.token: too long' })
    expect(replies(effects)).toEqual([
      { id: 1, error: errorObject('bad_request', 'connect.token: too long') },
    ])
    expect(life.closed).toBe('bad_request')
  })

  test('an anonymous watcher is greeted without a feed', () => {
    const life = new Life().connects('anonymous')
    expect(replies(life.effects)).toMatchObject([{ connect: { expires: false, ttl: 0, subs: {} } }])
    expect(identityOf(life.session)).toBeUndefined()
    expect(life.effects.map(({ type }) => type)).toEqual(['authenticate', 'reply'])
  })

  test('the greeting tells who, where, when, how often and from where', () => {
    const life = new Life().connects()
    expect(replies(life.effects)).toEqual([
      {
        id: 1,
        connect: {
          client: '0193a000-0000-7000-8000-00000000ffff',
          version: '1.2.3',
          node: 'n1',
          time: noonMs,
          expires: true,
          ttl: 60,
          ping: 25,
          pong: true,
          subs: { 'user:ann': { offset: 7 } },
          data: {},
        },
      },
    ])
    expect(identityOf(life.session)).toBe(ann)
  })

  test('the position of the feed which the client names is asked for', () => {
    const life = new Life()
    const position = { recover: true, epoch: 'e', offset: 5 }
    life.say(command(1, 'connect', { token: 'ann', subs: { 'user:ann': position, 'lot:x': {} } }))
    life.take({ type: 'admitted', id: 1, identity: ann, data: {} })
    expect(life.effects.at(-1)).toMatchObject({
      type: 'subscribe',
      by: 'server',
      channel: { name: 'user:ann' },
      from: position,
    })
  })

  test('an expired token may be followed by a better one, within the same five seconds', () => {
    const life = new Life()
    life.say(command(1, 'connect', { token: 'old' }), command(2, 'subscribe', { channel: lot }))
    const effects = life.take({
      type: 'refused',
      id: 1,
      why: { error: errorObject('token_expired') },
    })
    expect(replies(effects)).toEqual([
      { id: 1, error: errorObject('token_expired') },
      { id: 2, error: errorObject('unauthorized') },
    ])
    life.say(command(3, 'connect', { token: 'new' }))
    expect(life.session.state).toBe('authenticating')
    life.take({ type: 'refused', id: 3, why: { error: errorObject('token_expired') } })
    life.passes(5_000)
    expect(life.closed).toBe('stale')
  })

  test('an invalid token closes', () => {
    const life = new Life()
    life.say(command(1, 'connect', { token: 'forged' }))
    life.take({ type: 'refused', id: 1, why: { close: 'invalid_token' } })
    expect(life.closed).toBe('invalid_token')
  })

  test('commands behind connect, in its frame or after it, wait until it is answered', () => {
    const life = new Life()
    life.say(command(1, 'connect', { token: 'ann' }), command(2, 'subscribe', { channel: lot }))
    life.say(command(3, 'rpc', { method: 'time.sync' }))
    life.take({ type: 'admitted', id: 1, identity: ann, data: {} })
    expect(life.effects.map(({ type }) => type)).toEqual(['authenticate', 'subscribe'])
    const effects = life.take({ type: 'subscribed', id: 1, channel: 'user:ann', result: {} })
    expect(effects.map(({ type }) => type)).toEqual(['reply', 'subscribe', 'call'])
  })

  test('an unknown client may not say more than four KiB while it waits', () => {
    const life = new Life()
    life.say(command(1, 'connect', { token: 'ann' }))
    life.take({ type: 'frame', messages: [command(2, 'rpc')], bytes: 3_996 })
    expect(life.closed).toBeUndefined()
    life.take({ type: 'frame', messages: [command(3, 'rpc')], bytes: 1 })
    expect(life.closed).toBe('bad_request')
  })

  test('subscriptions behind connect bring room of their own, and cost nothing', () => {
    const life = new Life()
    life.take({
      type: 'frame',
      messages: [command(1, 'connect'), subscribeTo(lot, 2), subscribeTo(lot, 3)],
      bytes: 4_096 + 2 * 256,
    })
    expect(life.closed).toBeUndefined()
    life.take({ type: 'frame', messages: [subscribeTo(lot, 4)], bytes: 257 })
    expect(life.closed).toBe('bad_request')
  })

  test('an unknown client may not ask for more subscriptions than a known one', () => {
    const life = new Life()
    life.say(command(1, 'connect', { token: 'ann' }))
    for (const id of [2, 3, 4]) life.say(command(id, 'subscribe', { channel: lot }))
    expect(life.closed).toBeUndefined()
    life.say(command(5, 'subscribe', { channel: lot }))
    expect(life.closed).toBe('bad_request')
  })

  test('a token that nobody can check in time is our fault: the client comes back', () => {
    const life = new Life()
    life.say(command(1, 'connect', { token: 'ann' }))
    expect(life.passes(9_999)).toEqual([])
    life.passes(1)
    expect(life.closed).toBe('internal_server_error')
  })
})

describe('a live session', () => {
  test('may not connect again', () => {
    const life = new Life().connects()
    life.say(command(2, 'connect'))
    expect(life.closed).toBe('bad_request')
  })

  test('is pinged, first within the interval and then each interval', () => {
    const life = new Life().connects()
    const first = dueMs(life.session) - noonMs
    expect(first).toBeGreaterThan(12_000)
    expect(first).toBeLessThanOrEqual(25_000)
    expect(sent(life.passes(first))).toEqual([{}])
    life.say({ name: 'pong' })
    expect(life.passes(24_999)).toEqual([])
    expect(sent(life.passes(1))).toEqual([{}])
  })

  test.each([
    ['no pong', undefined, 'no_pong'],
    ['a pong', (life: Life) => life.say({ name: 'pong' }), undefined],
    ['a ping of its own', (life: Life) => life.take({ type: 'native_ping' }), undefined],
    ['only other commands', (life: Life) => life.say(command(5, 'send')), 'no_pong'],
  ] as const)('that answers a ping with %s', (_, answer, closed) => {
    const life = new Life().connects()
    life.passes(dueMs(life.session) - noonMs)
    answer?.(life)
    life.passes(10_000)
    expect(life.closed).toBe(closed)
  })

  test('ends thirty seconds after its token', () => {
    const life = new Life().connects()
    for (let second = 0; second < 89; second += 1) {
      life.passes(1_000)
      life.say({ name: 'pong' })
    }
    expect(life.closed).toBeUndefined()
    life.passes(1_000)
    expect(life.closed).toBe('connection_expired')
  })

  test('goes on with a new token of the same user', () => {
    const life = new Life().connects()
    expect(life.say(command(2, 'refresh', { token: 'ann2' }))).toEqual([
      { type: 'authenticate', id: 2, token: 'ann2' },
    ])
    const identity = { ...ann, expiresAtMs: noonMs + 120_000 }
    const effects = life.take({ type: 'admitted', id: 2, identity, data: {} })
    expect(replies(effects)).toMatchObject([{ id: 2, refresh: { expires: true, ttl: 120 } }])
    for (let second = 0; second < 149; second += 1) {
      life.passes(1_000)
      life.say({ name: 'pong' })
    }
    expect(life.closed).toBeUndefined()
  })

  test.each([
    ['another user’s', { ...ann, userId: 'bob' }],
    ['nobody’s', undefined],
  ])('does not become another by %s token', (_, identity) => {
    const life = new Life().connects()
    life.say(command(2, 'refresh', { token: 'other' }))
    life.take({ type: 'admitted', id: 2, identity, data: {} })
    expect(life.closed).toBe('invalid_token')
  })

  test('does not become anybody’s where it was nobody’s, and asks nobody about the token', () => {
    const life = new Life().connects('anonymous')
    const effects = life.say(command(2, 'refresh', { token: 'ann' }))
    expect(effects).not.toContainEqual(expect.objectContaining({ type: 'authenticate' }))
    expect(life.closed).toBe('invalid_token')
  })

  test('may try again where its new token has expired too', () => {
    const life = new Life().connects()
    life.say(command(2, 'refresh', { token: 'old' }))
    const why = { error: errorObject('token_expired') }
    expect(replies(life.take({ type: 'refused', id: 2, why }))).toEqual([{ id: 2, ...why }])
    expect(life.session.state).toBe('live')
  })

  test('accepts a message without an id and does nothing with it', () => {
    const life = new Life().connects()
    expect(life.say(command(0, 'send', { data: 1 }))).toEqual([{ type: 'ignored', method: 'send' }])
  })

  test('is told what is wrong with a command, and the others of the frame go on', () => {
    const life = new Life().connects()
    const effects = life.say(
      { name: 'invalid', id: 2, detail: 'rpc.method: expected string' },
      command(3, 'rpc', { method: 'x' }),
    )
    expect(effects.map(({ type }) => type)).toEqual(['reply', 'call'])
  })
})

describe('subscriptions', () => {
  test('the same twice is error 105', () => {
    const life = new Life().connects().subscribes(lot)
    expect(replies(life.say(command(3, 'subscribe', { channel: lot })))).toEqual([
      { id: 3, error: errorObject('already_subscribed') },
    ])
  })

  test('an unknown channel is error 102', () => {
    const life = new Life().connects()
    expect(replies(life.say(command(3, 'subscribe', { channel: 'news' })))).toEqual([
      { id: 3, error: errorObject('unknown_channel') },
    ])
  })

  test('beyond the bound is error 106, those being made included', () => {
    const life = new Life().connects().subscribes(lotName(1))
    life.say(command(3, 'subscribe', { channel: lotName(2) }))
    const [reply] = replies(life.say(command(4, 'subscribe', { channel: lotName(3) })))
    expect(reply).toMatchObject({ id: 4, error: { code: 106 } })
  })

  test('one that failed may be tried again', () => {
    const life = new Life().connects()
    life.say(command(2, 'subscribe', { channel: lot }))
    const error = errorObject('internal')
    const effects = life.take({ type: 'subscribe_failed', id: 2, channel: lot, error })
    expect(replies(effects)).toEqual([{ id: 2, error }])
    expect(life.say(command(3, 'subscribe', { channel: lot }))).toMatchObject([
      { type: 'subscribe', id: 3 },
    ])
  })

  test.each([
    [{ join_leave: true }, true],
    [{}, false],
  ])('with %j, that it is told who comes and goes is %s', (params, joinLeave) => {
    const life = new Life().connects()
    const asked = life.say(command(2, 'subscribe', { channel: lot, ...params }))
    expect(asked).toMatchObject([{ type: 'subscribe', joinLeave }])
  })

  test('unsubscribing twice, or from what one was never on, is no error', () => {
    const life = new Life().connects().subscribes(lot)
    const effects = life.say(
      command(3, 'unsubscribe', { channel: lot }),
      command(4, 'unsubscribe', { channel: lot }),
    )
    expect(effects.filter(({ type }) => type === 'unsubscribe')).toHaveLength(1)
    expect(replies(effects)).toEqual([
      { id: 3, unsubscribe: {} },
      { id: 4, unsubscribe: {} },
    ])
  })

  test('subscribing, unsubscribing and subscribing again without waiting ends on the channel', () => {
    const life = new Life().connects()
    const effects = life.say(
      command(2, 'subscribe', { channel: lot }),
      command(3, 'unsubscribe', { channel: lot }),
      command(4, 'subscribe', { channel: lot }),
    )
    expect(effects.map(({ type }) => type)).toEqual(['subscribe'])
    const then = life.take({ type: 'subscribed', id: 2, channel: lot, result: { offset: 1 } })
    expect(then).toMatchObject([
      { type: 'reply', message: { id: 2 } },
      { type: 'unsubscribe', channel: lot },
      { type: 'reply', message: { id: 3 } },
      { type: 'subscribe', id: 4 },
    ])
    life.take({ type: 'subscribed', id: 4, channel: lot, result: { offset: 2 } })
    expect(life.session).toMatchObject({ channels: ['user:ann', lot], pending: [], held: [] })
  })

  test('not everything can be held back', () => {
    const life = new Life().connects()
    life.say(command(2, 'subscribe', { channel: lot }))
    for (let id = 3; id <= 6; id += 1) life.say(command(id, 'unsubscribe', { channel: lot }))
    expect(replies(life.say(command(7, 'unsubscribe', { channel: lot })))).toEqual([
      { id: 7, error: errorObject('too_many_requests') },
    ])
  })

  test('all of them, the ones being made too, are let go when the socket closes', () => {
    const life = new Life().connects().subscribes(lotName(1))
    life.say(command(3, 'subscribe', { channel: lotName(2) }))
    expect(life.take({ type: 'closed' })).toEqual([
      { type: 'unsubscribe', channel: 'user:ann' },
      { type: 'unsubscribe', channel: lotName(1) },
      { type: 'unsubscribe', channel: lotName(2) },
    ])
  })

  test('the feed being joined is let go when the socket closes', () => {
    expect(lives().joining.take({ type: 'closed' })).toEqual([
      { type: 'unsubscribe', channel: 'user:ann' },
    ])
  })
})

describe('limits', () => {
  test('a hundred commands at once, then fifty a second', () => {
    const life = new Life({ errors: { intervalMs: 0, burst: 1 } }).connects()
    const ask = () => life.say(command(5, 'rpc', { method: 'x' }))[0]
    const answers = (count: number) => Array.from({ length: count }, ask)
    const through = (count: number) => answers(count).filter((e) => e?.type === 'call').length
    expect(through(150)).toBe(100)
    life.nowMs += 1_000
    expect(through(150)).toBe(50)
    expect(replies([...life.say(command(6, 'rpc', { method: 'x' }))])).toEqual([
      { id: 6, error: errorObject('too_many_requests') },
    ])
  })

  test('pongs are not counted', () => {
    const life = new Life().connects()
    for (let said = 0; said < 200; said += 1) life.say({ name: 'pong' })
    expect(life.say(command(5, 'rpc', { method: 'x' }))[0]?.type).toBe('call')
  })

  test('no limit lets everything through', () => {
    const life = new Life({ commands: { intervalMs: 0, burst: 1 } }).connects()
    for (let said = 0; said < 1_000; said += 1) {
      expect(life.say(command(5, 'rpc', { method: 'x' }))[0]?.type).toBe('call')
    }
  })

  test('one error after the other closes; our own faults do not count', () => {
    const life = new Life().connects()
    const error = errorObject('internal')
    for (let id = 0; id < 20; id += 1) {
      life.say(command(5, 'rpc', { method: 'x' }))
      life.take({ type: 'answered', id: 5, answer: { name: 'rpc', error } })
    }
    expect(life.closed).toBeUndefined()
    for (let id = 0; id < 11; id += 1) life.say(command(5, 'subscribe', { channel: 'news' }))
    expect(life.closed).toBe('too_many_errors')
  })
})

describe('drain', () => {
  test('an idle session is told to come back elsewhere, and closed', () => {
    const life = new Life().connects()
    const effects = life.take({ type: 'drain', spreadMs: 5_000 })
    expect(sent(effects)).toEqual([
      {
        push: { disconnect: { code: 3001, reason: 'shutdown', reconnect: true, spreadMs: 5_000 } },
      },
    ])
    expect(life.closed).toBe('shutdown')
  })

  test('a command begun before is answered first; one said after is not begun', () => {
    const { draining } = lives()
    expect(draining.say(command(4, 'rpc', { method: 'x' }))).toEqual([])
    const effects = draining.take({
      type: 'answered',
      id: 3,
      answer: { name: 'rpc', result: { data: 'accepted' } },
    })
    expect(replies(effects)).toEqual([{ id: 3, rpc: { data: 'accepted' } }])
    expect(draining.closed).toBe('shutdown')
  })

  test('does not wait for ever', () => {
    const { draining } = lives()
    expect(draining.passes(2_499)).toEqual([])
    draining.passes(1)
    expect(draining.closed).toBe('shutdown')
  })
})
