// The closed tables: what clients branch on must never be ambiguous.
import { describe, expect, test } from 'vitest'
import { RefusalFields } from './auction.ts'
import { CHANNEL_CLASSES } from './channels.ts'
import { ChatRefusalFields } from './chat.ts'
import { CLOSE_CODES, shouldReconnect } from './close-codes.ts'
import { commandsPerFrameMax, depthMax, frameBytesMax } from './codec.ts'
import { errorObject, PROTOCOL_ERRORS, type ProtocolErrorName } from './errors.ts'
import { METHODS } from './methods.ts'
import { CHAT_REFUSALS, LOT_REFUSALS, REFUSALS } from './refusals.ts'

describe('protocol errors', () => {
  test('are those of the Centrifuge client protocol, each code once', () => {
    const codes = Object.values(PROTOCOL_ERRORS).map(({ code }) => code)
    expect(codes).toEqual([100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 111, 112])
  })

  test('have an HTTP status of the failing bands', () => {
    for (const { status } of Object.values(PROTOCOL_ERRORS)) {
      expect(status).toBeGreaterThanOrEqual(400)
      expect(status).toBeLessThan(600)
    }
  })

  test.each(Object.keys(PROTOCOL_ERRORS) as ProtocolErrorName[])(
    '%s is marked temporary only where the table says so',
    (name) => {
      const { code, message, temporary } = PROTOCOL_ERRORS[name]
      expect(errorObject(name)).toStrictEqual(
        temporary ? { code, message, temporary: true } : { code, message },
      )
    },
  )

  test('a detail is appended to the table’s message', () => {
    expect(errorObject('bad_request', 'amount: expected number')).toEqual({
      code: 107,
      message: 'bad request: amount: expected number',
    })
  })
})

describe('close codes', () => {
  test('each is given once', () => {
    const codes = Object.values(CLOSE_CODES).map(({ code }) => code)
    expect(new Set(codes).size).toBe(codes.length)
  })

  test('fit into a WebSocket close frame', () => {
    for (const { code, reason } of Object.values(CLOSE_CODES)) {
      expect(code).toBeGreaterThanOrEqual(3_000)
      expect(code).toBeLessThan(5_000)
      expect(Buffer.byteLength(reason)).toBeLessThanOrEqual(123)
    }
  })

  test('a client comes back after these and no others', () => {
    const comesBack = Object.entries(CLOSE_CODES)
      .filter(([, { code }]) => shouldReconnect(code))
      .map(([name]) => name)
    expect(comesBack).toEqual([
      'connection_closed',
      'shutdown',
      'internal_server_error',
      'connection_expired',
      'slow',
      'insufficient_state',
      'force_reconnect',
      'no_pong',
    ])
  })

  test.each([
    [1_006, true],
    [3_499, true],
    [3_500, false],
    [3_999, false],
    [4_000, true],
    [4_499, true],
    [4_500, false],
    [4_999, false],
  ])('%d: reconnect %s', (code, reconnect) => {
    expect(shouldReconnect(code)).toBe(reconnect)
  })
})

describe('refusals', () => {
  test.each(Object.entries(REFUSALS))(
    '%s is a word for machines and a sentence for people',
    (code, { says }) => {
      expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/)
      expect(says).toMatch(/^[A-Z].*\.$/)
    },
  )

  test.each([
    ['lots and bids', LOT_REFUSALS, RefusalFields],
    ['chat', CHAT_REFUSALS, ChatRefusalFields],
  ] as const)('of %s come with fields that their shape has', (_, refusals, { shape }) => {
    const named = Object.values(refusals).flatMap((refusal) =>
      'fields' in refusal ? [...refusal.fields] : [],
    )
    expect(named.filter((field) => !Object.hasOwn(shape, field))).toEqual([])
  })
})

describe('methods', () => {
  const routes = Object.entries(METHODS).flatMap(([name, method]) =>
    'http' in method ? [{ name, ...method.http, params: method.params }] : [],
  )

  test('no two share an HTTP route', () => {
    const keys = routes.map(({ method, path }) => `${method} ${path}`)
    expect(new Set(keys).size).toBe(keys.length)
  })

  test.each(routes)('$name: what the path and the Idempotency-Key fill are parameters', (route) => {
    const filled = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, field]) => field)
    if ('idempotencyKey' in route) filled.push(route.idempotencyKey)
    expect(Object.keys(route.params.shape)).toEqual(expect.arrayContaining(filled))
  })
})

describe('limits', () => {
  test('a frame at its bound holds the most commands there may be, each of a few kilobytes', () => {
    expect(frameBytesMax / commandsPerFrameMax).toBeGreaterThanOrEqual(4_096)
  })
  test('the deepest message of ours is far from the bound', () => {
    expect(depthMax).toBeGreaterThanOrEqual(2 * 10)
  })
  test('every kind of channel has a class', () => {
    expect(CHANNEL_CLASSES).toEqual({ lot: 'state', chat: 'durable', user: 'durable' })
  })
})
