import { expect, test } from 'vitest'
import { ConfigError } from '../platform/config.ts'
import { type GatewayMode, readGatewayConfig } from './config.ts'
import { RATES } from './limits.ts'

const secret = 'a secret of the tests, long enough'

function faultsOf(env: Record<string, string>, mode: GatewayMode = 'cluster'): readonly string[] {
  try {
    readGatewayConfig(env, mode)
  } catch (error) {
    if (error instanceof ConfigError) return error.faults
    throw error
  }
  return []
}

test('embedded, nothing needs to be set', () => {
  expect(readGatewayConfig({}, 'embedded')).toEqual({
    port: 8080,
    trustProxy: false,
    allowedOrigins: 'any',
    anonymous: 'watch',
    tokens: {},
    devTokens: true,
    rates: RATES,
    connections: {
      commandsPerConnection: { points: 50, windowMs: 1_000, burst: 100 },
      connectionsPerUserMax: 20,
      connectionsPerAddressMax: 200,
    },
  })
})

test('in a cluster keys must be named, and dev tokens are switched on by hand only', () => {
  expect(faultsOf({})).toEqual([
    'JWT_SECRET: expected this or JWKS_URL, to verify tokens by, but neither is set',
  ])
  const env = { JWT_SECRET: secret, JWT_ISSUER: 'https://m.example', JWT_AUDIENCE: 'outcry' }
  const config = readGatewayConfig(env, 'cluster')
  expect(config.devTokens).toBe(false)
  expect(config.tokens).toEqual({ secret, issuer: 'https://m.example', audience: 'outcry' })
  const byKeys = readGatewayConfig({ JWKS_URL: 'https://id.example/jwks' }, 'cluster')
  expect(byKeys.tokens).toEqual({ jwksUrl: 'https://id.example/jwks' })
  expect(readGatewayConfig({ ...env, DEV_TOKENS: 'on' }, 'cluster').devTokens).toBe(true)
  expect(faultsOf({ JWKS_URL: 'https://id.example/jwks', DEV_TOKENS: 'on' })).toHaveLength(1)
  expect(faultsOf({ ...env, DEV_TOKENS: 'on', NODE_ENV: 'production' })).toHaveLength(1)
  expect(readGatewayConfig({ NODE_ENV: 'production' }, 'embedded').devTokens).toBe(false)
})

function origins(env: Record<string, string>) {
  return readGatewayConfig(env, 'embedded').allowedOrigins
}

test('browsers come from the origins named; in production from nowhere else', () => {
  expect(origins({ ALLOWED_ORIGINS: 'https://a.example, http://localhost:3000' })).toEqual([
    'https://a.example',
    'http://localhost:3000',
  ])
  expect(origins({ ALLOWED_ORIGINS: '*', NODE_ENV: 'production' })).toBe('any')
  expect(origins({ NODE_ENV: 'production' })).toEqual([])
  for (const ALLOWED_ORIGINS of ['a.example', 'https://a.example/', 'https://a,*', 'null']) {
    expect(faultsOf({ JWT_SECRET: secret, ALLOWED_ORIGINS }), ALLOWED_ORIGINS).toHaveLength(1)
  }
})

test('limits are changed one by one, and switched off', () => {
  const config = readGatewayConfig(
    {
      LIMIT_BIDS_PER_USER: '7/2s+9',
      LIMIT_BIDS_PER_USER_ALL_LOTS: 'off',
      LIMIT_MESSAGES_PER_USER: '3/1s',
      LIMIT_CONVERSATIONS_OPENED_PER_USER: '4/1m',
      LIMIT_TYPING_PER_USER: 'off',
      LIMIT_FEED_COMMANDS_PER_USER: '5/1s',
      LIMIT_CONNECTIONS_PER_ADDRESS: 'off',
      LIMIT_CONNECTIONS_PER_USER: '3',
    },
    'embedded',
  )
  expect(config.rates).toEqual({
    bidsPerUser: { points: 7, windowMs: 2_000, burst: 9 },
    bidsPerUserAllLots: 'off',
    messagesPerUser: { points: 3, windowMs: 1_000 },
    conversationsOpenedPerUser: { points: 4, windowMs: 60_000 },
    typingPerUser: 'off',
    feedCommandsPerUser: { points: 5, windowMs: 1_000 },
    requestsPerToken: RATES.requestsPerToken,
  })
  expect(config.connections).toMatchObject({
    connectionsPerUserMax: 3,
    connectionsPerAddressMax: 'off',
  })
})

test('I12: every fault is told at once, and no secret with them', () => {
  const faults = faultsOf({
    PORT: '70000',
    JWT_SECRET: 'canary',
    JWKS_URL: 'ftp://canary',
    TLS_CERT: '/etc/cert.pem',
    ANONYMOUS: 'perhaps',
    LIMIT_BIDS_PER_USER: 'many',
    LIMIT_CONNECTIONS_PER_USER: '0',
  })
  const names = faults.map((fault) => fault.split(':', 1)[0])
  expect(new Set(names)).toEqual(
    new Set([
      'ANONYMOUS',
      'JWKS_URL',
      'JWT_SECRET',
      'LIMIT_BIDS_PER_USER',
      'LIMIT_CONNECTIONS_PER_USER',
      'PORT',
      'TLS_KEY',
    ]),
  )
  expect(faults.join('\n')).not.toContain('canary')
})

test('a certificate and its key come together', () => {
  const tls = { TLS_CERT: '/etc/cert.pem', TLS_KEY: '/etc/key.pem' }
  expect(readGatewayConfig(tls, 'embedded').tls).toEqual({
    certFile: '/etc/cert.pem',
    keyFile: '/etc/key.pem',
  })
  expect(faultsOf({ TLS_KEY: '/etc/key.pem' }, 'embedded')).toHaveLength(1)
})
