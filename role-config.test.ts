import { describe, expect, test } from 'vitest'
import { ConfigError } from './platform/config.ts'
import { readRoleConfig } from './role-config.ts'

const fleet = {
  DATABASE_URL: 'postgres://outcry@db/outcry',
  NATS_URL: 'nats://one:4222, nats://two:4222',
  REDIS_URL: 'redis://redis',
}

describe('the configuration of a role', () => {
  test('names the three things that every role shares', () => {
    expect(readRoleConfig('engine', fleet)).toMatchObject({
      databaseUrl: fleet.DATABASE_URL,
      natsServers: ['nats://one:4222', 'nats://two:4222'],
      redisUrl: 'redis://redis',
      clusterName: 'outcry',
      logLevel: 'info',
    })
  })

  test('tells all that is missing at once', () => {
    let faults: readonly string[] = []
    try {
      readRoleConfig('gateway', { METRICS_PORT: 'x' })
    } catch (error) {
      if (error instanceof ConfigError) faults = error.faults
    }
    const told = faults.join('\n')
    for (const name of ['DATABASE_URL', 'NATS_URL', 'REDIS_URL', 'METRICS_PORT', 'JWT_SECRET']) {
      expect(told).toContain(name)
    }
  })

  test('two engines of one host have names of their own', () => {
    const { owner } = readRoleConfig('engine', fleet).engine
    expect(owner).toContain(String(process.pid))
  })

  test('a secret that is set to nothing is none, and signs no links', () => {
    const jwks = { ...fleet, JWKS_URL: 'https://keys.example/jwks', JWT_SECRET: '' }
    for (const role of ['gateway', 'chat'] as const) {
      expect(readRoleConfig(role, jwks).tokenSecret).toBeUndefined()
    }
    const secret = 'thirty-two characters or some more'
    const signing = { ...fleet, JWT_SECRET: secret }
    expect(readRoleConfig('gateway', signing).tokenSecret).toBe(secret)
    expect(readRoleConfig('chat', signing).tokenSecret).toBe(secret)
    expect(() => readRoleConfig('chat', { ...fleet, JWT_SECRET: 'short' })).toThrow(ConfigError)
  })

  test('only a gateway needs keys for tokens', () => {
    expect(() => readRoleConfig('notifier', fleet)).not.toThrow()
    expect(() => readRoleConfig('gateway', fleet)).toThrow(ConfigError)
  })
})
