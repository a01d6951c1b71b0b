import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  conversationId,
  deleted,
  edited,
  entry,
  messageIdAt,
  messageView,
  offerChanged,
  offered,
  orderId,
  receipt,
  sent,
  talk,
} from '../testing/chat-words.ts'
import type { ConversationCommit, ConversationEntry, Listener } from './conversation-commit.ts'
import { deriveConversation } from './derive-conversation.ts'
import { UnderivableError } from './notice.ts'

function commit(
  entries: readonly ConversationEntry[],
  conversation: ConversationCommit['conversation'] = talk(),
): ConversationCommit {
  const fromSeq = entries[0]?.seq ?? 1
  const toSeq = fromSeq + entries.length - 1
  const source = 'conversation'
  return { source, aggregateId: conversationId, fromSeq, toSeq, entries, conversation }
}

/** `seq user type` of each notice. */
const told = (of: ConversationCommit) =>
  deriveConversation(of).notices.map(
    ({ causeSeq, userId, type }) => `${causeSeq} ${userId} ${type}`,
  )

const dataOf = (of: ConversationCommit) => deriveConversation(of).notices.map(({ data }) => data)

const redactions = (...entries: readonly ConversationEntry[]) =>
  deriveConversation(commit(entries)).redactions

/** The conversation of ann and sam, in which sam does not want to hear something. */
const samWith = (change: Partial<Listener>) =>
  talk({
    members: [
      { userId: 'ann', blocks: [] },
      { userId: 'sam', blocks: [], ...change },
    ],
  })

describe('a message', () => {
  test('is told the other one, and what it says', () => {
    expect(deriveConversation(commit([sent(5)])).notices).toEqual([
      {
        userId: 'sam',
        type: 'message',
        source: 'conversation',
        aggregateId: conversationId,
        causeSeq: 5,
        atMs: 2_005,
        data: {
          conversationId,
          messageId: messageIdAt(5),
          messageSeq: 5,
          senderId: 'ann',
          kind: 'text',
          text: 'words of 5',
        },
      },
    ])
  })

  test('is told each time, though many are in one commit', () => {
    const many = [sent(5), sent(6, { senderId: 'sam' }), receipt(7, 'sam'), sent(8)]
    expect(told(commit(many))).toEqual(['5 sam message', '6 ann message', '8 sam message'])
  })

  test('of the marketplace is told both', () => {
    const paid = sent(5, { kind: 'system', senderId: 'house', text: '' })
    expect(told(commit([paid]))).toEqual(['5 ann message', '5 sam message'])
    expect(dataOf(commit([paid]))[0]).not.toHaveProperty('text')
  })

  test('in a room is told nobody', () => {
    expect(told(commit([], talk({ kind: 'room', members: [] })))).toEqual([])
  })

  test('that is long is told by its first 200 characters, and never by half of one', () => {
    const [data] = dataOf(commit([sent(5, { text: '🪔'.repeat(300) })]))
    expect(data?.text).toBe('🪔'.repeat(200))
  })

  test('whatever it says, its beginning is told, whole characters only', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 500 }), (text) => {
        const beginning = dataOf(commit([sent(5, { text })]))[0]?.text ?? ''
        expect(text.startsWith(beginning)).toBe(true)
        expect(Array.from(beginning)).toHaveLength(Math.min(Array.from(text).length, 200))
      }),
    )
  })

  test('I21: that was deleted before it is derived is told without its words', () => {
    const [notice] = deriveConversation(
      commit([sent(5, { text: '', deleted: true }), deleted(6, 5)]),
    ).notices
    expect(notice).toMatchObject({ type: 'message', causeSeq: 5, data: { deleted: true } })
    expect(notice?.data).not.toHaveProperty('text')
  })

  test('that retention has taken is told nobody', () => {
    const { message: _taken, ...gone } = sent(5)
    expect(told(commit([gone]))).toEqual([])
  })
})

describe('who does not want to hear of it', () => {
  test('whoever has muted the conversation is told nothing until the mute ends', () => {
    expect(told(commit([sent(5)], samWith({ mutedUntilMs: 2_006 })))).toEqual([])
    expect(told(commit([sent(5)], samWith({ mutedUntilMs: 2_005 })))).toEqual(['5 sam message'])
  })

  test('I24: whoever has blocked the sender is told neither messages nor offers', () => {
    const blocked = samWith({ blocks: ['ann'] })
    const withdrawn = offerChanged(7, 6, 'ann', { state: 'withdrawn' })
    expect(told(commit([sent(5), offered(6), withdrawn], blocked))).toEqual([])
    expect(told(commit([sent(5, { senderId: 'sam' })], blocked))).toEqual(['5 ann message'])
  })

  test('that it has sold or bought is told everybody', () => {
    const accepted = offerChanged(6, 5, 'ann', { by: 'sam', state: 'accepted', orderId })
    const orders = ['6 ann order_created', '6 sam order_created']
    expect(told(commit([accepted], samWith({ mutedUntilMs: 9_000 })))).toEqual(orders)
    expect(told(commit([accepted], samWith({ blocks: ['ann'] })))).toEqual(orders)
  })
})

describe('an offer', () => {
  test('is told whom it is made to, as open whatever became of it since', () => {
    const made = offered(5, { state: 'countered' })
    expect(told(commit([made]))).toEqual(['5 sam offer'])
    expect(dataOf(commit([made]))).toEqual([
      {
        conversationId,
        messageId: messageIdAt(5),
        messageSeq: 5,
        senderId: 'ann',
        state: 'open',
        amount: 5_000,
        currency: 'USD',
      },
    ])
  })

  test.each([
    ['countered', 'sam', ['6 ann offer']],
    ['declined', 'sam', ['6 ann offer']],
    ['withdrawn', 'ann', ['6 sam offer']],
    ['expired', 'ann', ['6 ann offer', '6 sam offer']],
  ] as const)('that is %s by %s is told %j', (state, actorId, expected) => {
    const changed = commit([offerChanged(6, 5, actorId, { state })])
    expect(told(changed)).toEqual(expected)
    expect(dataOf(changed)[0]).toMatchObject({ state, messageId: messageIdAt(5), messageSeq: 5 })
  })

  test('that is accepted is told its maker, and both have an order', () => {
    const lot = { type: 'lot', id: '0190a1b2-1111-7222-8333-123456789abc' } as const
    const accepted = commit(
      [offerChanged(6, 5, 'sam', { state: 'accepted', orderId })],
      talk({ subject: lot }),
    )
    expect(told(accepted)).toEqual(['6 ann offer', '6 ann order_created', '6 sam order_created'])
    const order = {
      conversationId,
      messageId: messageIdAt(5),
      messageSeq: 5,
      orderId,
      lotId: lot.id,
      buyerId: 'ann',
      sellerId: 'sam',
      amount: 5_000,
      currency: 'USD',
    }
    expect(dataOf(accepted).slice(1)).toEqual([order, order])
  })

  test('whose message was deleted since is an order none the less', () => {
    const accepted = offerChanged(6, 5, 'sam', { state: 'accepted', orderId })
    const tombstone = { ...accepted, message: deleted(7, 5).message }
    expect(told(commit([tombstone as ConversationEntry]))).toContain('6 sam order_created')
  })
})

describe('what was told before', () => {
  test('I21: of a message that is deleted says nothing any more, and nobody is told anew', () => {
    expect(redactions(deleted(9, 5))).toEqual([{ conversationId, messageSeq: 5, deleted: true }])
    expect(told(commit([deleted(9, 5)]))).toEqual([])
  })

  test('I21: of a message that is edited says what the message says now', () => {
    const long = edited(9, 5, 'x'.repeat(300))
    expect(redactions(long)).toEqual([{ conversationId, messageSeq: 5, text: 'x'.repeat(200) }])
    expect(told(commit([long]))).toEqual([])
  })

  test('of an image that is edited to have no words is not deleted', () => {
    const image = entry(9, 'message_edited', messageView(5, { kind: 'image', text: '' }))
    expect(redactions(image)).toEqual([{ conversationId, messageSeq: 5 }])
  })

  test('stays as it is with all other events', () => {
    expect(redactions(sent(5), offered(6), receipt(7, 'sam'))).toEqual([])
  })
})

describe('a log with holes', () => {
  test('is not guessed at', () => {
    const whole = commit([sent(5), sent(6), sent(7)])
    for (const at of [0, 1, 2]) {
      const entries = whole.entries.toSpliced(at, 1)
      expect(() => deriveConversation({ ...whole, entries })).toThrow(UnderivableError)
    }
    expect(() => deriveConversation({ ...whole, conversation: undefined })).toThrow(
      UnderivableError,
    )
  })
})

test('any commit: nobody is told of its own doing, and everything in the order of the events', () => {
  const person = fc.constantFrom('ann', 'sam')
  const event = fc.oneof(
    fc.record({ by: person, what: fc.constant('says') }),
    fc.record({ by: person, what: fc.constant('offers') }),
    fc.record({ by: person, what: fc.constant('reads') }),
  )
  fc.assert(
    fc.property(fc.array(event, { minLength: 1, maxLength: 40 }), (events) => {
      const entries = events.map(({ by, what }, at) => {
        const seq = at + 1
        if (what === 'reads') return receipt(seq, by)
        return what === 'says' ? sent(seq, { senderId: by }) : offered(seq, { by })
      })
      const { notices } = deriveConversation(commit(entries))
      const expected = events.flatMap(({ by, what }, at) =>
        what === 'reads' ? [] : [[at + 1, by === 'ann' ? 'sam' : 'ann']],
      )
      expect(notices.map(({ causeSeq, userId }) => [causeSeq, userId])).toEqual(expected)
    }),
  )
})
