import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { ListBids, PlaceBid } from './auction-requests.ts'
import { DeleteMessage, MessageHistory } from './chat-requests.ts'
import { describeFaults, faultsOf } from './faults.ts'
import { SetModerationRules } from './moderation.ts'

const lotId = '0190a1b2-1111-7222-8333-123456789abc'

function told(schema: z.ZodType, value: unknown, at?: string): string {
  const checked = schema.safeParse(value)
  return checked.success ? 'nothing' : describeFaults(faultsOf(checked.error, at))
}

describe('what is wrong with a command', () => {
  test('is told of every field, each with its path', () => {
    expect(told(PlaceBid, { lotId: 'x', clientBidId: lotId, kind: 'guess', amount: '5' })).toBe(
      'lotId: expected a UUID; kind: expected one of "proxy", "exact"; amount: expected number, received string; currency: expected string, received undefined',
    )
  })

  test('is told of five fields at most', () => {
    const faults = z.array(z.number()).safeParse(['a', 'b', 'c', 'd', 'e', 'f', 'g'])
    expect(faultsOf(faults.error ?? new z.ZodError([])).map(({ path }) => path)).toEqual([
      '0',
      '1',
      '2',
      '3',
      '4',
    ])
  })

  test('names where in a frame the field stands', () => {
    expect(told(z.object({ channel: z.string() }), {}, 'subscribe')).toBe(
      'subscribe.channel: expected string, received undefined',
    )
    expect(told(z.object({}), [], 'rpc')).toBe('rpc: expected object, received array')
  })

  test.each([
    [ListBids, { lotId, limit: 'x' }, 'limit: expected a whole number'],
    [ListBids, { lotId, limit: '2.5' }, 'limit: expected a whole number'],
    [ListBids, { lotId, limit: '101' }, 'limit: expected at most 100'],
    [ListBids, { lotId, before: '0' }, 'before: expected at least 1'],
    [MessageHistory, { conversationId: lotId, after: '-1' }, 'after: expected at least 0'],
    [z.string().max(3), 'abcd', 'expected at most 3 characters'],
    [z.string().min(1), '', 'expected at least 1 character'],
    [z.array(z.string()).max(0), ['a'], 'expected at most 0 items'],
    [z.literal('english'), 'dutch', 'expected "english"'],
  ])('is said in plain words', (schema, value, says) => {
    expect(told(schema, value)).toBe(says)
  })

  test('names what a flag may be, and which kinds of rules there are', () => {
    const message = { conversationId: lotId, messageId: lotId }
    expect(told(DeleteMessage, { ...message, forAll: 'perhaps' })).toBe(
      'forAll: expected true or false',
    )
    expect(told(SetModerationRules, { rules: [{ kind: 'mood' }] })).toBe(
      'rules.0.kind: expected one of "links", "phone_numbers", "email_addresses", "words", "repeated_text"',
    )
  })
})
