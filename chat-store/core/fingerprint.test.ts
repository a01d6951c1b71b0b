import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { CommandOf } from './decision.ts'
import { fingerprintOf } from './fingerprint.ts'
import { conversationId } from './testing/kept.ts'
import { actorOf } from './testing/sentences.ts'

type Content = CommandOf<'send_message'>['content']

const send = (content: Content, ids: { messageId?: string; clientMessageId?: string } = {}) =>
  fingerprintOf({
    type: 'send_message',
    conversationId,
    actor: actorOf('ann'),
    messageId: 'm',
    clientMessageId: 'c',
    content,
    ...ids,
  })
const told = (data: Record<string, unknown>) =>
  send({ kind: 'system', system: { event: 'e', data } })
const text = (said: string) => send({ kind: 'text', text: said })

describe('the fingerprint of a command', () => {
  test('is about what is said, not about its ids', () => {
    const one = send({ kind: 'text', text: 'a' }, { messageId: 'm1', clientMessageId: 'c1' })
    expect(one).toBe(send({ kind: 'text', text: 'a' }, { messageId: 'm2', clientMessageId: 'c2' }))
  })

  test('differs with each field', () => {
    const offer = { amount: 1, currency: 'USD', expiresAt: 2 }
    const prints = [
      send({ kind: 'text', text: 'a' }),
      send({ kind: 'text', text: 'b' }),
      send({ kind: 'text', text: 'a', replyTo: 'm' }),
      send({ kind: 'image', text: 'a' }),
      send({ kind: 'image', text: 'a', attachmentId: 'm' }),
      send({ kind: 'offer', offer }),
      send({ kind: 'offer', offer: { ...offer, amount: 2 } }),
      send({ kind: 'offer', offer: { ...offer, currency: 'EUR' } }),
      send({ kind: 'offer', offer: { ...offer, expiresAt: 3 } }),
      send({ kind: 'system', system: { event: 'sold' } }),
      send({ kind: 'system', system: { event: 'paid' } }),
      send({ kind: 'system', system: { event: 'paid', data: { a: 1 } } }),
      send({ kind: 'system', system: { event: 'paid', data: { a: 2 } } }),
    ]
    expect(new Set(prints).size).toBe(prints.length)
  })

  test('is the same in whatever order another process wrote the fields', () => {
    expect(told({ a: 1, b: { c: 2, d: [3] } })).toBe(told({ b: { d: [3], c: 2 }, a: 1 }))
  })

  test('is short and the same in every process, for ever', () => {
    expect(text('Hello')).toMatch(/^[0-9a-z]{28}$/)
    expect(text('Hello')).toBe('14pc14p0je6zov1gu8nd11md97so')
  })

  test('differs where the texts differ', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (one, other) => {
        expect(text(one) === text(other)).toBe(one === other)
      }),
    )
    const near = Array.from({ length: 20_000 }, (_, nth) => text(`Is lot ${nth} there?`))
    expect(new Set(near).size).toBe(near.length)
  })
})
