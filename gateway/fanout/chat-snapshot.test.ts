import { describe, expect, test } from 'vitest'
import type {
  ChatPublication,
  ConversationView,
  MessageView,
  OfferState,
} from '../../protocol/chat.ts'
import { noonMs } from '../testing/people.ts'
import { messageIdOf, talkId } from '../testing/talks.ts'
import { type ChatReading, carriedTo, needsCounting } from './chat-snapshot.ts'

const member = { joinedSeq: 0, deliveredSeq: 0, readSeq: 0 }
const you = { role: 'buyer', deliveredSeq: 0, readSeq: 0, pinned: false, archived: false } as const
const conversation: ConversationView = {
  conversationId: talkId,
  kind: 'direct',
  members: [
    { ...member, userId: 'ann', role: 'buyer' },
    { ...member, userId: 'bob', role: 'seller' },
  ],
  createdAt: noonMs,
  lastSeq: 3,
  slowModeMs: 0,
  unread: 0,
  you,
}
const reading: ChatReading = { conversation, messages: [], messagesSeq: 3 }

function message(seq: number, fields: Partial<MessageView> = {}): MessageView {
  return {
    messageId: messageIdOf(seq),
    conversationId: talkId,
    seq,
    senderId: 'bob',
    clientMessageId: messageIdOf(seq),
    kind: 'text',
    text: `${seq}`,
    at: noonMs,
    ...fields,
  }
}

function offering(seq: number, state: OfferState): MessageView {
  const terms = { amount: 500, currency: 'USD', expiresAt: noonMs } as const
  return message(seq, {
    kind: 'offer',
    offer: { offerId: messageIdOf(seq), by: 'bob', state, ...terms },
  })
}

function event(
  type: ChatPublication['type'],
  seq: number,
  fields: Partial<ChatPublication> = {},
): ChatPublication {
  return { type, seq, at: noonMs, ...fields }
}

const created = (seq: number, fields: Partial<MessageView> = {}) =>
  event('message_created', seq, { message: message(seq, fields) })

const after = (...publications: ChatPublication[]) => carriedTo(reading, publications, 'ann')

describe('a snapshot carried along', () => {
  test('by messages holds the last 50, and counts those of others', () => {
    const said = Array.from({ length: 52 }, (_, at) =>
      created(at + 4, { senderId: at % 2 === 0 ? 'bob' : 'ann' }),
    )
    const { conversation: view, messages } = after(...said)
    expect(messages.map(({ seq }) => seq)).toEqual(said.slice(2).map(({ seq }) => seq))
    expect(view).toMatchObject({ lastSeq: 55, unread: 26, lastMessage: { seq: 55 } })
  })

  test('by what has become of a message replaces it, in both its places', () => {
    const message4 = message(4, { text: '', deleted: true })
    const { conversation: view, messages } = after(
      created(4),
      event('message_deleted', 5, { message: message4 }),
    )
    expect(messages).toEqual([message4])
    expect(view.lastMessage).toEqual(message4)
  })

  test('by a receipt moves the marks that it tells, and no others', () => {
    const receipt = { userId: 'bob', deliveredSeq: 3 }
    const { conversation: view } = after(event('receipt', 4, { receipt }))
    expect(view.members).toMatchObject([{ deliveredSeq: 0 }, { deliveredSeq: 3, readSeq: 0 }])
  })

  test('by slow mode has it', () => {
    const changed = event('conversation_changed', 4, { conversation: { slowModeMs: 5_000 } })
    expect(after(changed).conversation.slowModeMs).toBe(5_000)
  })

  test('by an offer has it while it is open, and the counter-offer instead', () => {
    const made = event('message_created', 4, { message: offering(4, 'open') })
    const countered = event('offer_changed', 5, { message: offering(4, 'countered') })
    const counter = event('message_created', 6, { message: offering(6, 'open') })
    const accepted = event('offer_changed', 7, { message: offering(6, 'accepted') })
    expect(after(made).conversation.openOffer?.offerId).toBe(messageIdOf(4))
    expect(after(made, countered).conversation.openOffer).toBeUndefined()
    expect(after(made, countered, counter).conversation.openOffer?.offerId).toBe(messageIdOf(6))
    expect(after(made, countered, counter, accepted).conversation.openOffer).toBeUndefined()
  })

  test('by the end of another message keeps its offer open', () => {
    const made = event('message_created', 4, { message: offering(4, 'open') })
    const gone = event('message_deleted', 6, { message: message(5, { deleted: true }) })
    expect(after(made, created(5), gone).conversation.openOffer?.offerId).toBe(messageIdOf(4))
  })

  test('from readings of two instants takes each from where it was', () => {
    const older = { ...conversation, lastSeq: 2 }
    const said = [created(3), created(4)]
    const ahead = { conversation: older, messages: [message(3)], messagesSeq: 3 }
    const { conversation: view, messages } = carriedTo(ahead, said, 'ann')
    expect(messages.map(({ seq }) => seq)).toEqual([3, 4])
    expect(view).toMatchObject({ lastSeq: 4, unread: 2 })
  })

  test('counts nothing in a room, nor for whoever is no member', () => {
    const { you: _, ...open } = conversation
    for (const view of [open, { ...conversation, kind: 'room' as const }]) {
      const carried = carriedTo({ ...reading, conversation: view }, [created(4)], 'ann')
      expect(carried.conversation.unread).toBe(0)
    }
  })
})

test.each([
  ['its own mark', event('receipt', 4, { receipt: { userId: 'ann', deliveredSeq: 3 } }), true],
  ['a deletion', event('message_deleted', 4, { message: message(3) }), true],
  ['another’s mark', event('receipt', 4, { receipt: { userId: 'bob', deliveredSeq: 3 } }), false],
  ['a message', created(4), false],
])('whether the reader’s unread messages are counted anew after %s', (_, publication, needs) => {
  expect(needsCounting([publication], 'ann')).toBe(needs)
})
