import { expect, test } from 'vitest'
import { createLogger, type LoggerOptions } from './log.ts'

/** A logger and the lines it wrote. */
function listeningLogger(options: Partial<LoggerOptions> = {}) {
  const lines: string[] = []
  const destination = { write: (line: string) => void lines.push(line) }
  const log = createLogger({ name: 'gateway', destination, ...options })
  return { log, lines, last: () => JSON.parse(lines.at(-1) ?? '{}') as Record<string, unknown> }
}

test('a line says when, how grave, who and what', () => {
  const { log, last } = listeningLogger()
  log.info({ port: 8080 }, 'listening')
  expect(last()).toMatchObject({ level: 'info', name: 'gateway', port: 8080, msg: 'listening' })
  expect(new Date(String(last()['time'])).getTime()).toBeGreaterThan(0)
})

test('what is below the level is not written', () => {
  const { log, lines } = listeningLogger({ level: 'warn' })
  log.info('quiet')
  log.warn('loud')
  expect(lines).toHaveLength(1)
})

test('I12: no secret is in any line, wherever somebody put it', () => {
  const { log, lines } = listeningLogger()
  const canary = 'canary-31337'
  const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl'
  const address = `postgres://outcry:${canary}@db:5432/outcry`
  log.info({ token: canary, headers: { Authorization: canary, cookie: canary } })
  log.info({ command: { type: 'place_bid', amount: canary, confirmToken: canary } })
  log.info({ standings: [{ user: 'ann', max: canary }], terms: { reserve: canary } })
  log.info({ terms: { reservePrice: canary }, you: { yourMax: canary }, maxPrice: canary })
  log.info({ env: { JWT_SECRET: canary, PGPASSWORD: canary } })
  log.info({ address, deep: { list: [address] } }, `connecting to ${address}`)
  log.info(`verifying ${jwt}`)
  log.child({ token: canary }).info({ jwt }, 'in a child')
  log.error(new Error(`cannot reach ${address}`, { cause: { password: canary } }), 'failed')
  log.error({ err: Object.assign(new Error('refused'), { max: canary, config: { address } }) })
  log.error({ error: Object.assign(new Error(address), { command: { amount: canary } }) })
  expect(lines).toHaveLength(11)
  expect(lines.join('')).not.toContain(canary)
  expect(lines.join('')).not.toContain('c2lnbmF0dXJl')
  expect(lines.join('')).toContain('postgres://outcry:[hidden]@db:5432/outcry')
})

test('what is no secret is written as it is', () => {
  const { log, last } = listeningLogger()
  const at = new Date(0)
  log.info({
    lotId: 'a',
    seq: 7,
    price: 500,
    at,
    codes: [3001],
    maxBackpressureBytes: 1,
    none: null,
  })
  expect(last()).toMatchObject({
    lotId: 'a',
    seq: 7,
    price: 500,
    at: at.toISOString(),
    codes: [3001],
    maxBackpressureBytes: 1,
    none: null,
  })
})

test('an error is written with its kind, message, stack and code', () => {
  const { log, last } = listeningLogger()
  log.error(Object.assign(new TypeError('bad frame'), { code: 'EBAD' }), 'failed')
  expect(last()).toMatchObject({
    msg: 'failed',
    err: {
      type: 'TypeError',
      message: 'bad frame',
      code: 'EBAD',
      stack: expect.stringContaining('log.test.ts'),
    },
  })
})

test('I16: what refers to itself, or has no end, is cut off', () => {
  const { log, last } = listeningLogger()
  const circle: Record<string, unknown> = {}
  circle['circle'] = circle
  log.info({ circle }, 'round')
  expect(last()).toMatchObject({ msg: 'round' })
  expect(JSON.stringify(last())).toContain('[deep]')
})

test('logging changes nothing of what is logged', () => {
  const { log } = listeningLogger()
  const fields = Object.freeze({ token: 'x', inner: Object.freeze({ max: 5 }) })
  log.info(fields)
  expect(fields).toEqual({ token: 'x', inner: { max: 5 } })
})

test('an error is told without the connection its driver hung on it', () => {
  const { log, last } = listeningLogger()
  const client = { parsedStatements: { heads: 'SELECT 1' } }
  log.warn({ err: Object.assign(new Error('terminated'), { code: '57P01', client }) }, 'lost')
  expect(last()['err']).toMatchObject({ message: 'terminated', code: '57P01' })
  expect(last()['err']).not.toHaveProperty('client')
})
