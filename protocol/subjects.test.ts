import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  lotCommandsSubject,
  lotEventsSubject,
  shardCount,
  shardOf,
  userEventsSubject,
} from './subjects.ts'

describe('the shard of a lot', () => {
  // Lots are stored with their shard: another answer here would part lots from their owners. The
  // hashes are FNV-1a's published ones for '' (2166136261), 'a' (3826002220), 'foobar' (3214735720).
  test.each([
    ['', 2_166_136_261 % 256],
    ['a', 3_826_002_220 % 256],
    ['foobar', 3_214_735_720 % 256],
    ['0190a1b2-1111-7222-8333-123456789abc', 232],
    ['00000000-0000-0000-0000-000000000000', 209],
  ])('of %j is %d for ever', (lotId, shard) => {
    expect(shardOf(lotId)).toBe(shard)
  })

  test('every lot has one of the shards', () => {
    fc.assert(
      fc.property(fc.uuid(), (lotId) => {
        const shard = shardOf(lotId)
        expect(Number.isInteger(shard) && shard >= 0 && shard < shardCount).toBe(true)
      }),
    )
  })
})

describe('subjects', () => {
  test('each is spelt once', () => {
    expect(lotCommandsSubject(7)).toBe('cmd.lot.7')
    expect(lotEventsSubject('0190a1b2')).toBe('evt.lot.0190a1b2')
    expect(userEventsSubject('ann_1-x')).toBe('evt.user.ann_1-x')
    expect(userEventsSubject('a.b*>=')).toBe('evt.user.a=2e=b=2a==3e==3d=')
    expect(userEventsSubject('😀')).toBe('evt.user.=1f600=')
  })

  test('two users never share a subject, and none is a wildcard', () => {
    const characters = ['a', 'A', '0', '=', '_', '-', '.', '*', '>', '2', 'e', 'é', '😀']
    const user = fc.string({ unit: fc.constantFrom(...characters), minLength: 1 })
    fc.assert(
      fc.property(user, user, (one, other) => {
        expect(userEventsSubject(one) === userEventsSubject(other)).toBe(one === other)
        expect(userEventsSubject(one)).toMatch(/^evt\.user\.[A-Za-z0-9_=-]+$/)
      }),
      { numRuns: 2_000 },
    )
  })
})
