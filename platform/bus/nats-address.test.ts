import { describe, expect, test } from 'vitest'
import { readNatsAddress } from './nats-address.ts'

describe('the address of NATS', () => {
  test.each([
    ['127.0.0.1', { servers: ['127.0.0.1:4222'] }],
    ['nats://nats.example:4000', { servers: ['nats.example:4000'] }],
    ['nats://[::1]:4000', { servers: ['[::1]:4000'] }],
    ['tls://nats.example', { servers: ['nats.example:4222'], tls: {} }],
    ['nats://ann:p%40ss@n1', { servers: ['n1:4222'], user: 'ann', pass: 'p@ss' }],
    ['nats://s3cret@n1', { servers: ['n1:4222'], token: 's3cret' }],
  ])('%s', (address, read) => {
    expect(readNatsAddress([address])).toEqual(read)
  })

  test('several servers share the credentials that one of them names', () => {
    expect(readNatsAddress(['nats://ann:pass@n1:1', ' n2:2'])).toEqual({
      servers: ['n1:1', 'n2:2'],
      user: 'ann',
      pass: 'pass',
    })
  })

  test.each([[[]], [['nats://ann:canary@']], [['http://ann:canary@n1']], [['nats://n1:port']]])(
    'what is none is refused without its secrets: %j',
    (addresses) => {
      expect(() => readNatsAddress(addresses)).toThrow(/^The address of NATS (?!.*canary)/u)
    },
  )
})
