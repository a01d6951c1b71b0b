import { describe, expect, test } from 'vitest'
import { callsOn } from '../../testing/calls.ts'
import {
  chatStoreOf,
  clientMessageId,
  conversationId,
  messageId as offerId,
} from '../../testing/conversations.ts'
import { caller, identity, noonMs } from '../../testing/people.ts'

const ann = caller(identity('ann'))
const terms = { amount: 9_000, currency: 'USD', expiresAt: noonMs + 60_000 }
const ids = { conversationId, clientMessageId }
const madeHere = expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/)

async function bargain(params: object) {
  const chatStore = chatStoreOf()
  const result = await callsOn({ chatStore })('chat.offer', ann, { ...ids, ...params })
  return { result, asked: chatStore.asked }
}

describe('chat.offer', () => {
  test('made as an offer and sent as a message it is one command', async () => {
    const chatStore = chatStoreOf()
    const call = callsOn({ chatStore })
    await call('chat.offer', ann, { ...ids, action: 'make', ...terms })
    await call('chat.send', ann, { ...ids, kind: 'offer', offer: terms })
    const command = {
      ...ids,
      type: 'send_message',
      actor: { userId: 'ann', roles: [] },
      messageId: madeHere,
      content: { kind: 'offer', offer: terms },
    }
    expect(chatStore.asked).toEqual([command, command])
  })

  test('is countered by another one', async () => {
    const { asked } = await bargain({ action: 'counter', offerId, ...terms })
    const actor = { userId: 'ann', roles: [] }
    expect(asked).toEqual([
      { ...ids, type: 'counter_offer', actor, messageId: madeHere, offerId, offer: terms },
    ])
  })

  test.each(['accept', 'decline', 'withdraw'])(
    '%s names the offer and nothing else',
    async (action) => {
      const { asked } = await bargain({ action, offerId, ...terms })
      const actor = { userId: 'ann', roles: [] }
      expect(asked).toEqual([{ ...ids, type: `${action}_offer`, actor, offerId }])
    },
  )

  test.each([
    [0, 'negative'],
    [-1, 'negative'],
    [0.5, 'non_integer'],
    [10 ** 15 + 1, 'too_large'],
  ])('the amount %d is refused as %s, however it is offered', async (amount, reason) => {
    const outcome = {
      outcome: 'refused',
      code: 'amount_invalid',
      reason,
      ...ids,
      serverTime: noonMs,
      retryable: true,
    }
    for (const params of [
      { action: 'make', ...terms, amount },
      { action: 'counter', offerId, ...terms, amount },
    ]) {
      expect(await bargain(params)).toEqual({ result: { kind: 'outcome', outcome }, asked: [] })
    }
    const sent = { ...ids, kind: 'offer', offer: { ...terms, amount } }
    expect(await callsOn()('chat.send', ann, sent)).toEqual({ kind: 'outcome', outcome })
  })

  test.each<[string, object]>([
    ['no amount', { action: 'make', currency: 'USD', expiresAt: noonMs }],
    ['no such currency', { action: 'make', ...terms, currency: 'XXZ' }],
    ['no end', { action: 'counter', offerId, amount: 1, currency: 'USD' }],
    ['no offer to counter', { action: 'counter', ...terms }],
    ['no offer to accept', { action: 'accept' }],
    ['an unknown action', { action: 'steal', offerId }],
  ])('%s is no request', async (_, params) => {
    const { result, asked } = await bargain(params)
    expect(result).toMatchObject({ kind: 'error', error: 'bad_request' })
    expect(asked).toEqual([])
  })
})
