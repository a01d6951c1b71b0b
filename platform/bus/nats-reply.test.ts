import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { batchSubject, isReply, readBatchSubject, repliesSubject, verdicts } from './nats-reply.ts'

describe('the subject of the replies to a batch', () => {
  test('says whose it is, and which requests are meant', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 31), fc.integer({ min: 1, max: 256 }), (firstId, count) => {
        const batch = { firstId, count }
        expect(readBatchSubject(batchSubject('test.reply.a1', batch))).toEqual({
          inbox: 'test.reply.a1',
          ...batch,
        })
      }),
    )
  })

  test.each(['', 'x', '7-1', '.7-1', 'inbox.7', 'inbox.-7-1', 'inbox.7-1x', 'inbox.7-9999999'])(
    '"%s" is none',
    (subject) => {
      expect(readBatchSubject(subject)).toBeUndefined()
    },
  )

  test('is none where the replies themselves go', () => {
    expect(readBatchSubject(repliesSubject('test.reply.a1'))).toBeUndefined()
  })
})

describe('a reply', () => {
  test.each(Object.values(verdicts))('has a number, verdict %d and contents', (verdict) => {
    expect(isReply([7, verdict, { any: 'thing' }])).toBe(true)
  })

  test.each([null, {}, [], [7], [7, 0], ['7', 0, 1], [7, 3, 1], [7, '0', 1], [7, 0, 1, 2]])(
    '%j is none',
    (value) => {
      expect(isReply(value)).toBe(false)
    },
  )
})
