import { describe, expect, test } from 'vitest'
import { ConfigError } from '../platform/config.ts'
import { pushRate, readNotifierConfig } from './config.ts'
import { fcmQuotaPerMinute } from './limits.ts'

const faultsOf = (env: Record<string, string>): readonly string[] => {
  try {
    readNotifierConfig(env)
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.faults
  }
}

describe('where pushes go', () => {
  test('nowhere, where nothing is said', () => {
    expect(readNotifierConfig({}).pushTarget).toEqual({ type: 'none' })
  })

  test('to FCM, where there is a service account', () => {
    const env = { GOOGLE_APPLICATION_CREDENTIALS: '/run/fcm.json' }
    expect(readNotifierConfig(env).pushTarget).toEqual({
      type: 'firebase',
      credentialsFile: '/run/fcm.json',
    })
    expect(readNotifierConfig({ ...env, FCM_PROJECT_ID: 'shop' }).pushTarget).toMatchObject({
      projectId: 'shop',
    })
  })

  test('to a stand-in rather than to real phones, where both are named', () => {
    const env = {
      GOOGLE_APPLICATION_CREDENTIALS: '/run/fcm.json',
      FCM_ENDPOINT: 'http://127.0.0.1:9099',
    }
    expect(readNotifierConfig(env).pushTarget).toEqual({
      type: 'stand_in',
      endpoint: 'http://127.0.0.1:9099',
    })
  })

  test('not to a stand-in in production', () => {
    const env = { FCM_ENDPOINT: 'http://127.0.0.1:9099', NODE_ENV: 'production' }
    expect(faultsOf(env)).toEqual([expect.stringMatching(/^FCM_ENDPOINT: .*NODE_ENV=production/)])
  })

  test.each([{ FCM_ENDPOINT: 'fcm:9099' }, { FCM_QUOTA_PER_MINUTE: '0' }])('not to %o', (env) => {
    expect(faultsOf(env)).toEqual([expect.stringMatching(/^FCM_\w+: expected/)])
  })
})

describe('the rate of pushes', () => {
  test('stays below the quota, and is even within the minute', () => {
    expect(pushRate(fcmQuotaPerMinute)).toEqual({ points: 9_000, windowMs: 1_000 })
  })

  test('of a small quota is by the minute, or it would be rounded away', () => {
    expect(pushRate(100)).toEqual({ points: 90, windowMs: 60_000 })
    expect(pushRate(1)).toEqual({ points: 1, windowMs: 60_000 })
  })
})

describe('where webhooks lead', () => {
  test('to public addresses by https, where nothing is said', () => {
    const publicOnly = { allowedNetworks: [], allowHttp: false }
    expect(readNotifierConfig({}).webhooks).toEqual(publicOnly)
    expect(readNotifierConfig({ WEBHOOK_ALLOWED_NETWORKS: ' ' }).webhooks).toEqual(publicOnly)
  })

  test('to the networks that are named', () => {
    const env = { WEBHOOK_ALLOWED_NETWORKS: '10.2.0.0/16, fd12::/32', WEBHOOK_ALLOW_HTTP: 'true' }
    expect(readNotifierConfig(env).webhooks).toEqual({
      allowedNetworks: ['10.2.0.0/16', 'fd12::/32'],
      allowHttp: true,
    })
  })

  test.each(['10.2.0.0', '10.2.0.0/33', 'localhost/8', '10.0.0.0/8,'])('not to %j', (networks) => {
    expect(faultsOf({ WEBHOOK_ALLOWED_NETWORKS: networks })).toEqual([
      expect.stringMatching(/^WEBHOOK_ALLOWED_NETWORKS: expected networks such as/),
    ])
  })

  test('not by http in production', () => {
    const env = { WEBHOOK_ALLOW_HTTP: 'true', NODE_ENV: 'production' }
    expect(faultsOf(env)).toEqual([
      expect.stringMatching(/^WEBHOOK_ALLOW_HTTP: .*NODE_ENV=production/),
    ])
  })
})
