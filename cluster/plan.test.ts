import { expect, test } from 'vitest'
import { clusterVariables, planRoles } from './plan.ts'

test('each role has as many processes as were asked for, numbered from 1', () => {
  const planned = planRoles({ gateways: 2, engines: 1, chats: 0, notifiers: 1 })
  expect(planned.map(({ name }) => name)).toEqual([
    'gateway-1',
    'gateway-2',
    'engine-1',
    'notifier-1',
  ])
})

test('without a word of the operator tokens are signed by a new secret, and anybody may have one', () => {
  const [one, other] = [clusterVariables({}, '/data'), clusterVariables({}, '/data')]
  expect(one['JWT_SECRET']).toMatch(/^[\w-]{43}$/)
  expect(one['JWT_SECRET']).not.toBe(other['JWT_SECRET'])
  expect(one).toMatchObject({ DEV_TOKENS: '1', OUTCRY_DATA: '/data', PORT: '0', METRICS_PORT: '0' })
})

test('what the operator says stands, and an empty variable says nothing', () => {
  const env = { JWT_SECRET: 'secret', DEV_TOKENS: '0', CLUSTER_NAME: 'blue', PORT: '8080' }
  expect(clusterVariables(env, '/data')).toEqual({
    ...env,
    OUTCRY_DATA: '/data',
    PORT: '0',
    METRICS_PORT: '0',
  })
  expect(clusterVariables({ JWT_SECRET: '', CLUSTER_NAME: '' }, '/data')).toMatchObject({
    JWT_SECRET: expect.stringMatching(/^[\w-]{43}$/),
    DEV_TOKENS: '1',
  })
})

test('without limits nobody is held to one but to those that the operator names', () => {
  const env = { LIMIT_BIDS_PER_USER: '5/1s', LIMIT_MESSAGES_PER_USER: '' }
  const variables = clusterVariables(env, '/data', { unlimited: true })
  expect(variables).toMatchObject({
    LIMIT_MESSAGES_PER_USER: 'off',
    LIMIT_CONNECTIONS_PER_ADDRESS: 'off',
  })
  expect(variables).not.toHaveProperty('LIMIT_BIDS_PER_USER')
  const held = Object.keys(clusterVariables(env, '/data')).filter((name) => name.includes('LIMIT'))
  expect(held).toEqual([])
})

test('a limit that the operator turns off is told as lifted', () => {
  const env = { LIMIT_CONNECTIONS_PER_ADDRESS: 'off' }
  expect(clusterVariables(env, '/data')).toMatchObject(env)
})

test('in production nobody gets a token by asking', () => {
  expect(clusterVariables({ NODE_ENV: 'production' }, '/data')).not.toHaveProperty('DEV_TOKENS')
})
