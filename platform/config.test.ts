import { expect, test } from 'vitest'
import { z } from 'zod'
import { ConfigError, readConfig } from './config.ts'
import { variable } from './config-variables.ts'

const schema = z.object({
  PORT: variable.port().default(8080),
  DATABASE_URL: variable.url('postgres', 'postgresql').optional(),
  NATS_URL: variable.urls('nats', 'tls').optional(),
  JWT_SECRET: variable.secret(8).optional(),
  ANONYMOUS: variable.oneOf(['watch', 'deny']).default('watch'),
  TRUST_PROXY: variable.flag().default(false),
  TOKEN_TTL: variable.durationMs().optional(),
  FRAME: variable.bytes().optional(),
  LIMIT_BIDS_PER_USER: variable.limit().default({ points: 5, windowMs: 1_000 }),
  WORKERS: variable.wholeNumber({ min: 1, max: 64 }).optional(),
  ALLOWED_ORIGINS: variable.list().optional(),
  NODE_NAME: variable.text().optional(),
})

/** The faults that reading `env` finds. */
function faultsOf(env: Record<string, string>, of: z.ZodType<object> = schema): readonly string[] {
  try {
    readConfig(of, env)
  } catch (error) {
    if (error instanceof ConfigError) return error.faults
    throw error
  }
  return []
}

test('variables become values; those not named are ignored', () => {
  const config = readConfig(schema, {
    PORT: '0',
    DATABASE_URL: 'postgres://ann:pw@db/outcry',
    NATS_URL: 'nats://a:4222, tls://b:4222',
    TRUST_PROXY: 'Yes',
    TOKEN_TTL: '10m',
    FRAME: '64KiB',
    LIMIT_BIDS_PER_USER: '50/1s+100',
    WORKERS: ' 4 ',
    ALLOWED_ORIGINS: 'https://a.example, https://b.example',
    NODE_NAME: 'n1',
    HOME: '/root',
  })
  expect(config).toEqual({
    PORT: 0,
    DATABASE_URL: 'postgres://ann:pw@db/outcry',
    NATS_URL: ['nats://a:4222', 'tls://b:4222'],
    ANONYMOUS: 'watch',
    TRUST_PROXY: true,
    TOKEN_TTL: 600_000,
    FRAME: 65_536,
    LIMIT_BIDS_PER_USER: { points: 50, windowMs: 1_000, burst: 100 },
    WORKERS: 4,
    ALLOWED_ORIGINS: ['https://a.example', 'https://b.example'],
    NODE_NAME: 'n1',
  })
})

test('a variable that is set to nothing has its default', () => {
  expect(readConfig(schema, { PORT: '', ANONYMOUS: ' ', TRUST_PROXY: undefined })).toMatchObject({
    PORT: 8080,
    ANONYMOUS: 'watch',
    TRUST_PROXY: false,
  })
})

test('the value is frozen to its depths', () => {
  const config = readConfig(schema, { NATS_URL: 'nats://a' })
  expect(Object.isFrozen(config)).toBe(true)
  expect(Object.isFrozen(config.NATS_URL)).toBe(true)
  expect(Object.isFrozen(config.LIMIT_BIDS_PER_USER)).toBe(true)
})

test('every fault is told at once, with what was expected and what was got', () => {
  const faults = faultsOf({
    PORT: 'http',
    ANONYMOUS: 'maybe',
    TRUST_PROXY: '2',
    TOKEN_TTL: '10',
    FRAME: '64KB',
    LIMIT_BIDS_PER_USER: '5/0s',
    WORKERS: '65',
    ALLOWED_ORIGINS: 'https://a,,https://b',
  })
  expect(faults).toEqual([
    'PORT: expected a port from 0 (any free one) to 65535, got "http"',
    'ANONYMOUS: expected one of watch, deny, got "maybe"',
    'TRUST_PROXY: expected true or false, got "2"',
    'TOKEN_TTL: expected a duration such as 250ms, 5s, 10m, 2h or 1d, got "10"',
    'FRAME: expected a size such as 65536, 64KiB, 1MiB or 2GiB, got "64KB"',
    'LIMIT_BIDS_PER_USER: expected a limit whose window is between 1ms and 1d, got "5/0s"',
    'WORKERS: expected a whole number from 1 to 64, got "65"',
    'ALLOWED_ORIGINS: expected texts divided by commas, none of them empty, got "https://a,,https://b"',
  ])
})

test('ports, numbers and addresses that only look right are refused', () => {
  for (const PORT of ['65536', '-1', '8080.5', '0x50', '1e3', '８０']) {
    expect(faultsOf({ PORT }), PORT).toHaveLength(1)
  }
  for (const WORKERS of ['0', '1.5', '9007199254740993']) {
    expect(faultsOf({ WORKERS }), WORKERS).toHaveLength(1)
  }
  for (const DATABASE_URL of [
    'mysql://db/outcry',
    'db:5432',
    'postgres:/db',
    'postgres://db:port/x',
  ]) {
    expect(faultsOf({ DATABASE_URL }), DATABASE_URL).toHaveLength(1)
  }
  for (const TRUST_PROXY of ['constructor', '__proto__', 'toString']) {
    expect(faultsOf({ TRUST_PROXY }), TRUST_PROXY).toHaveLength(1)
  }
})

test('I12: a secret that does not fit, and a password in an address, are not shown', () => {
  const env = { JWT_SECRET: 'canary', DATABASE_URL: 'mysql://ann:canary@db', NATS_URL: 'canary' }
  const faults = faultsOf(env)
  expect(faults).toHaveLength(3)
  expect(faults.join('\n')).not.toContain('canary')
  expect(faults[0]).toContain('DATABASE_URL: expected an address beginning with postgres:// or')
})

test('an address of Redis is one that its connection can be made of', () => {
  const withRedis = z.object({ REDIS_URL: variable.redisUrl() })
  const cluster = 'redis://:hush@a:7000, redis://b:7001'
  expect(readConfig(withRedis, { REDIS_URL: cluster })).toEqual({ REDIS_URL: cluster })
  const [fault] = faultsOf({ REDIS_URL: 'redis://:hush@a/x' }, withRedis)
  expect(fault).toMatch(/^REDIS_URL: expected redis:\/\/host:port or/)
  expect(fault).not.toContain('hush')
})

test('what must be set and is not is a fault', () => {
  const required = z.object({ DATABASE_URL: variable.url('postgres'), LIMIT: variable.limit() })
  expect(faultsOf({}, required)).toEqual([
    'DATABASE_URL: expected an address beginning with postgres://, but it is not set',
    'LIMIT: expected a limit, but it is not set',
  ])
})

test('variables which do not go together are a fault of the one that is named', () => {
  const paired = z
    .object({ TLS_CERT: variable.text().optional(), TLS_KEY: variable.text().optional() })
    .refine((tls) => (tls.TLS_CERT === undefined) === (tls.TLS_KEY === undefined), {
      path: ['TLS_KEY'],
      message: 'expected to be set together with TLS_CERT',
    })
  expect(faultsOf({ TLS_CERT: '/cert.pem' }, paired)).toEqual([
    'TLS_KEY: expected to be set together with TLS_CERT, but it is not set',
  ])
})

test('the error is a failure of the configuration: one text for the operator, exit code 78', () => {
  const error = new ConfigError(['A: expected a text, but it is not set', 'B: expected …, got "x"'])
  expect(error.exitCode).toBe(78)
  expect(error.text).toBe(
    'The configuration has 2 faults:\n' +
      '  A: expected a text, but it is not set\n' +
      '  B: expected …, got "x"\n' +
      'See .env.example for what each variable means.',
  )
})
