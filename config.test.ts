import { describe, expect, test } from 'vitest'
import { readOutcryConfig } from './config.ts'

function faultsOf(env: Readonly<Record<string, string>>): string {
  try {
    readOutcryConfig(env)
  } catch (error) {
    return String(error)
  }
  return ''
}

describe('the configuration of the all-in-one process', () => {
  test('needs nothing to be set', () => {
    const config = readOutcryConfig({})
    expect(config).toMatchObject({ metricsPort: 9464, logLevel: 'warn' })
    expect(config.databaseUrl).toBeUndefined()
    expect(config.gateway).toMatchObject({ port: 8080, devTokens: true })
  })

  test('with a database of the operator’s own it mints no tokens and needs a key', () => {
    const DATABASE_URL = 'postgresql://db/outcry'
    expect(faultsOf({ DATABASE_URL })).toContain('JWT_SECRET')
    const config = readOutcryConfig({ DATABASE_URL, JWT_SECRET: 's'.repeat(32) })
    expect(config.databaseUrl).toBe(DATABASE_URL)
    expect(config.gateway.devTokens).toBe(false)
  })

  test('tells the faults of every part at once, and no secret', () => {
    const faults = faultsOf({
      PORT: '99999',
      METRICS_PORT: 'nine',
      LOG_LEVEL: 'loud',
      ANONYMOUS: 'maybe',
      CHAT_ROOM_DAYS: 'many',
      LIMIT_BIDS_PER_USER: 'a few',
      JWT_SECRET: 'hunter2',
    })
    const names = ['PORT', 'METRICS_PORT', 'LOG_LEVEL', 'ANONYMOUS', 'CHAT_ROOM_DAYS']
    for (const name of [...names, 'LIMIT_BIDS_PER_USER']) {
      expect(faults).toMatch(new RegExp(`^ *${name}: `, 'm'))
    }
    expect(faults).toContain('JWT_SECRET')
    expect(faults).not.toContain('hunter2')
  })
})
