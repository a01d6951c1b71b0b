import { describe, expect, test } from 'vitest'
import type { ConversationCommand } from '../../../protocol/chat-store.ts'
import { RATES } from '../../limits.ts'
import type { ChatBook } from '../../ports/chat-book.ts'
import { callsOn } from '../../testing/calls.ts'
import { chatBookOf, chatStoreOf, conversationView } from '../../testing/conversations.ts'
import { draftId, lotId, bidId as missingId } from '../../testing/lots.ts'
import { caller, identity, nobody, noonMs } from '../../testing/people.ts'

const ann = caller(identity('ann'))
const sel = caller(identity('sel'))
const house = caller(identity('house', 'service'))
const listingId = 'palm pilot'

type Opening = Extract<ConversationCommand, { readonly type: 'open_conversation' }>

/** Opens on stand-ins: what came of it, and what the store was asked. */
async function open(who: typeof ann, params: object, fields: Partial<ChatBook> = {}) {
  const chatStore = chatStoreOf()
  const chatBook = chatBookOf({ card: async () => undefined, ...fields })
  const result = await callsOn({ chatStore, chatBook })('chat.open', who, params)
  const [opening] = chatStore.asked as Opening[]
  return { result, opening, terms: opening?.terms, id: opening?.conversationId }
}

function refusal(code: string, fields: object = {}) {
  return { kind: 'outcome', outcome: { outcome: 'refused', code, serverTime: noonMs, ...fields } }
}

describe('chat.open', () => {
  test('answers the conversation as it stands for whoever opened it', async () => {
    const { result, opening } = await open(ann, { listingId, peerId: 'sel' })
    expect(opening).toEqual({
      type: 'open_conversation',
      conversationId: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-5/),
      actor: { userId: 'ann', roles: [] },
      terms: {
        kind: 'direct',
        subject: { type: 'listing', id: listingId },
        buyerId: 'ann',
        sellerId: 'sel',
      },
    })
    const view = conversationView({ conversationId: opening?.conversationId ?? '', unread: 2 })
    expect(result).toEqual({ kind: 'outcome', outcome: { ...view, outcome: 'accepted' } })
  })

  test('is the same one whoever of the two opens it, in whatever role', async () => {
    const first = await open(ann, { listingId, peerId: 'sel' })
    const again = await open(sel, { listingId, peerId: 'ann', role: 'seller' })
    const mistaken = await open(sel, { listingId, peerId: 'ann' })
    expect(again.terms).toEqual(first.terms)
    expect([again.id, mistaken.id]).toEqual([first.id, first.id])
  })

  test('is another one with anybody else, about anything else, of any other kind', async () => {
    const ids = await Promise.all(
      [
        { listingId, peerId: 'sel' },
        { listingId, peerId: 'tom' },
        { listingId: 'palm', peerId: 'sel' },
        { listingId: 'sel palm pilot', peerId: 'tom' },
        { lotId, peerId: 'sel' },
        { listingId: lotId, peerId: 'sel' },
        { kind: 'order', orderId: listingId, peerId: 'sel' },
        { kind: 'room', lotId },
        { kind: 'room', saleId: lotId },
      ].map(async (params) => (await open(ann, params)).id),
    )
    expect(ids).not.toContain(undefined)
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('that is there already is answered without the store', async () => {
    const card = { conversationId: lotId, kind: 'direct', memberIds: [], lastSeq: 0 } as const
    const { result, opening } = await open(
      ann,
      { listingId, peerId: 'sel' },
      { card: async () => card },
    )
    expect(result).toMatchObject({ outcome: { outcome: 'accepted', unread: 2 } })
    expect(opening).toBeUndefined()
  })

  test('needs a token, and two people', async () => {
    const { result } = await open(nobody, { listingId, peerId: 'sel' })
    expect(result).toMatchObject({ kind: 'error', error: 'unauthorized' })
    const alone = await open(ann, { listingId, peerId: 'ann' })
    expect(alone.result).toEqual(refusal('peer_invalid', { retryable: true }))
    expect(alone.opening).toBeUndefined()
  })

  test.each<[string, object]>([
    ['no subject', { peerId: 'sel' }],
    ['two subjects', { listingId, lotId, peerId: 'sel' }],
    ['no peer', { listingId }],
    ['half of a pair', { listingId, buyerId: 'ann' }],
    ['peer and pair', { listingId, peerId: 'sel', buyerId: 'ann', sellerId: 'sel' }],
    ['a room with a peer', { kind: 'room', lotId, peerId: 'sel' }],
    ['a room of a listing', { kind: 'room', listingId }],
    ['an order without one', { kind: 'order', listingId, peerId: 'sel' }],
    ['a direct one of a sale', { saleId: 's1', peerId: 'sel' }],
  ])('%s is no request', async (_, params) => {
    const { result, opening } = await open(ann, params)
    expect(result).toMatchObject({ kind: 'error', error: 'bad_request' })
    expect(opening).toBeUndefined()
  })
})

describe('about a lot', () => {
  test('its seller is the seller, whoever opens and whatever is said', async () => {
    const terms = {
      kind: 'direct',
      subject: { type: 'lot', id: lotId },
      buyerId: 'ann',
      sellerId: 'sel',
    }
    expect((await open(ann, { lotId, peerId: 'sel', role: 'seller' })).terms).toEqual(terms)
    expect((await open(sel, { lotId, peerId: 'ann' })).terms).toEqual(terms)
  })

  test('one of the two is its seller', async () => {
    const { result, opening } = await open(ann, { lotId, peerId: 'tom' })
    expect(result).toEqual(refusal('peer_invalid', { retryable: true }))
    expect(opening).toBeUndefined()
  })

  test('a draft of others and a lot that does not exist are not found', async () => {
    for (const kind of ['direct', 'room']) {
      for (const id of [draftId, missingId]) {
        const peer = kind === 'direct' ? { peerId: 'sel' } : {}
        const { result, opening } = await open(ann, { kind, lotId: id, ...peer })
        expect(result).toEqual(refusal('lot_not_found', { lotId: id, retryable: false }))
        expect(opening).toBeUndefined()
      }
    }
  })

  test('a room names its seller and nobody else', async () => {
    expect((await open(ann, { kind: 'room', lotId })).terms).toEqual({
      kind: 'room',
      subject: { type: 'lot', id: lotId },
      sellerId: 'sel',
    })
    expect((await open(ann, { kind: 'room', saleId: 's1' })).terms).toEqual({
      kind: 'room',
      subject: { type: 'sale', id: 's1' },
    })
  })
})

describe('for others', () => {
  const pair = { buyerId: 'ann', sellerId: 'sel' }

  test('only the marketplace opens, and sees what both see', async () => {
    const { result, terms } = await open(
      house,
      { kind: 'order', orderId: 'o1', ...pair },
      { conversation: async () => undefined },
    )
    expect(terms).toEqual({ kind: 'order', subject: { type: 'order', id: 'o1' }, ...pair })
    expect(result).toMatchObject({ outcome: { outcome: 'accepted', unread: 0 } })
    const refused = await open(ann, { kind: 'order', orderId: 'o1', ...pair })
    expect(refused.result).toEqual({ kind: 'error', error: 'permission_denied' })
    expect(refused.opening).toBeUndefined()
  })

  test('the pair about a lot holds its seller, as seller', async () => {
    expect((await open(house, { lotId, ...pair })).terms).toMatchObject(pair)
    for (const wrong of [
      { buyerId: 'sel', sellerId: 'ann' },
      { buyerId: 'ann', sellerId: 'tom' },
      { buyerId: 'sel', sellerId: 'sel' },
    ]) {
      const { result } = await open(house, { lotId, ...wrong })
      expect(result).toMatchObject(refusal('peer_invalid'))
    }
  })
})

describe('opening conversations', () => {
  const conversationsOpenedPerUser = { points: 1, windowMs: 60_000 }
  const limit = 'conversationsOpenedPerUser'

  test('with people one has never talked to is limited', async () => {
    const chatStore = chatStoreOf()
    const chatBook = chatBookOf({
      card: async () => undefined,
      haveMet: async (userId, otherId) => userId === 'ann' && otherId === 'friend',
    })
    const call = callsOn({ chatStore, chatBook, rates: { conversationsOpenedPerUser } })
    const opened = async (peerId: string, about: string, who = ann) =>
      await call('chat.open', who, { listingId: about, peerId })
    expect(await opened('sel', 'one')).toMatchObject({ outcome: { outcome: 'accepted' } })
    const refused = await opened('tom', 'two')
    expect(refused).toMatchObject({
      ...refusal('rate_limited', { retryAfterMs: expect.any(Number), retryable: true }),
      limit,
    })
    expect(await opened('friend', 'three')).toMatchObject({ outcome: { outcome: 'accepted' } })
    expect(await opened('tom', 'two', sel)).toMatchObject({ outcome: { outcome: 'accepted' } })
    expect(chatStore.asked).toHaveLength(3)
  })

  test('is not, where they are there', async () => {
    const call = callsOn({
      chatBook: chatBookOf({
        card: async (id) => ({ conversationId: id, kind: 'direct', memberIds: [], lastSeq: 0 }),
      }),
      rates: { conversationsOpenedPerUser },
    })
    for (let at = 0; at < 3; at += 1) {
      const result = await call('chat.open', ann, { listingId: `l${at}`, peerId: 'sel' })
      expect(result).toMatchObject({ outcome: { outcome: 'accepted' } })
    }
  })

  test('is not, for the marketplace', async () => {
    const call = callsOn({
      chatBook: chatBookOf({ card: async () => undefined }),
      rates: { conversationsOpenedPerUser },
    })
    for (let at = 0; at < 3; at += 1) {
      const pair = { buyerId: `u${at}`, sellerId: 'sel' }
      expect(await call('chat.open', house, { listingId, ...pair })).toMatchObject({
        outcome: { outcome: 'accepted' },
      })
    }
  })

  test('hands on what the store refuses, or does not know', async () => {
    const unknown = {
      outcome: 'unknown',
      code: 'outcome_unknown',
      serverTime: noonMs,
      retryable: true,
    } as const
    const call = callsOn({
      chatBook: chatBookOf({ card: async () => undefined }),
      chatStore: chatStoreOf({ submit: () => unknown }),
      rates: RATES,
    })
    const result = await call('chat.open', ann, { listingId, peerId: 'sel' })
    expect(result).toEqual({ kind: 'outcome', outcome: unknown })
  })
})
