import { expect, test } from 'vitest'
import { readEngineConfig } from './config.ts'
import { defaultLimits } from './limits.ts'

test('an engine has a name and limits, whatever the operator leaves unsaid', () => {
  expect(readEngineConfig({}, 'host-1')).toEqual({ owner: 'host-1', limits: defaultLimits })
  const said = { ENGINE_NAME: 'north', ENGINE_LANES: '4', ENGINE_LEASE: '8s' }
  expect(readEngineConfig(said, 'host-1')).toEqual({
    owner: 'north',
    limits: { ...defaultLimits, lanes: 4, leaseMs: 8_000 },
  })
})

test('a lease that could not be kept is no lease', () => {
  expect(readEngineConfig({ ENGINE_LEASE: '4s' }, 'host-1').limits.leaseMs).toBe(4_000)
  expect(() => readEngineConfig({ ENGINE_LEASE: '3999ms' }, 'host-1')).toThrow(
    'ENGINE_LEASE: expected at least 4s, got "3999ms"',
  )
  expect(() => readEngineConfig({ ENGINE_LEASE: 'soon' }, 'host-1')).toThrow('a duration such as')
})
