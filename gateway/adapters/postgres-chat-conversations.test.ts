// Conversations and the inbox, from a real PostgreSQL.
import { beforeEach, describe, expect, test } from 'vitest'
import type { ConversationView } from '../../protocol/chat.ts'
import { chatBookOnDatabase, storeRoom } from '../testing/chat-book-on-database.ts'
import { absentId, conversationId, roomId } from '../testing/conversations.ts'
import { lotId } from '../testing/lots.ts'
import { noonMs } from '../testing/people.ts'
import {
  idAt,
  storeBlock,
  storeConversation,
  storeEvent,
  storeHide,
  storeMember,
  storeMessage,
  updateMember,
} from '../testing/stored-conversations.ts'

const db = chatBookOnDatabase()

async function view(userId: string): Promise<ConversationView> {
  const found = await db.book.conversation(conversationId, userId)
  if (found === undefined) throw new Error('the conversation is not there')
  return found
}

const unread = async (userId: string): Promise<number> => (await view(userId)).unread
const readMarks = ({ members }: ConversationView) => members.map(({ readSeq }) => readSeq)
const marks = ({ members }: ConversationView) =>
  members.map(({ deliveredSeq, readSeq }) => [deliveredSeq, readSeq])

describe('a card', () => {
  test('names the people of a conversation, and of a room what it is about', async () => {
    await storeRoom(db.pool)
    await storeMember(db.pool, roomId, 'ann', 'participant')
    expect(await db.book.card(conversationId)).toEqual({
      conversationId,
      kind: 'direct',
      memberIds: ['ann', 'sel'],
      sellerId: 'sel',
      lastSeq: 0,
    })
    expect(await db.book.card(roomId)).toEqual({
      conversationId: roomId,
      kind: 'room',
      lotId,
      memberIds: [],
      sellerId: 'sel',
      lastSeq: 0,
    })
  })

  test('of a sale’s room names the sale', async () => {
    await storeConversation(db.pool, {
      conversationId: roomId,
      kind: 'room',
      subject: ['sale', 's 1'],
    })
    expect(await db.book.card(roomId)).toMatchObject({ saleId: 's 1', memberIds: [] })
  })

  test('asked for by many in one turn is read in one query', async () => {
    const before = db.queries()
    const ids = [conversationId, absentId, conversationId]
    const cards = await Promise.all(ids.map((id) => db.book.card(id)))
    expect(cards.map((card) => card?.kind)).toEqual(['direct', undefined, 'direct'])
    expect(db.queries()).toBe(before + 1)
  })
})

describe('a record', () => {
  test('is the state with its last 50 messages, oldest first, as everybody may see it', async () => {
    for (let seq = 1; seq <= 52; seq += 1) await storeMessage(db.pool, { conversationId, seq })
    const record = await db.book.record(conversationId)
    expect(record?.conversation).toMatchObject({
      conversationId,
      listingId: 'palm-pilot',
      lastSeq: 52,
      lastMessage: { seq: 52 },
      unread: 0,
      members: [
        { userId: 'ann', role: 'buyer', deliveredSeq: 0, readSeq: 0 },
        { userId: 'sel', role: 'seller' },
      ],
    })
    expect(record?.conversation).not.toHaveProperty('you')
    expect(record?.messages.map(({ seq }) => seq)).toEqual(
      Array.from({ length: 50 }, (_, at) => at + 3),
    )
  })

  test('holds nothing that is held for review, and names those who hide their read marks', async () => {
    await storeMessage(db.pool, { conversationId, seq: 1 })
    await storeMessage(db.pool, { conversationId, seq: 0, messageId: idAt(9) }, 'held')
    await db.pool.query(`INSERT INTO chat_settings (user_id, hide_read_marks) VALUES ('sel', true)`)
    const record = await db.book.record(conversationId)
    expect(record?.messages).toHaveLength(1)
    expect(record?.hidingReadMarks).toEqual(['sel'])
    expect(record && readMarks(record.conversation)).toEqual([0, undefined])
  })

  test('shows the offer that is open', async () => {
    const offer = {
      offerId: idAt(1),
      by: 'ann',
      amount: 900,
      currency: 'USD',
      state: 'open',
      expiresAt: noonMs + 60_000,
    } as const
    await storeMessage(db.pool, {
      conversationId,
      seq: 1,
      messageId: idAt(1),
      kind: 'offer',
      offer,
    })
    await db.pool.query('UPDATE conversations SET open_offer_id = $1', [idAt(1)])
    expect((await db.book.record(conversationId))?.conversation.openOffer).toEqual(offer)
  })

  test('of a room names nobody, and of one that does not exist is undefined', async () => {
    await storeRoom(db.pool)
    await storeMember(db.pool, roomId, 'ann', 'participant')
    const [room, absent] = await Promise.all([db.book.record(roomId), db.book.record(absentId)])
    expect(room?.conversation).toMatchObject({ members: [], lotId, slowModeMs: 5_000 })
    expect(absent).toBeUndefined()
  })
})

describe('I20: unread', () => {
  beforeEach(async () => {
    for (const [at, senderId] of ['ann', 'sel', 'sel', 'ann', 'sel'].entries()) {
      await storeMessage(db.pool, { conversationId, seq: at + 1, senderId })
    }
  })

  test('counts messages of others after the read mark, and no event that is none', async () => {
    await storeEvent(db.pool, conversationId, { seq: 6, type: 'reaction_changed', actorId: 'sel' })
    expect([await unread('ann'), await unread('sel')]).toEqual([3, 2])
    await updateMember(db.pool, conversationId, 'ann', { read_seq: 2 })
    expect(await unread('ann')).toBe(2)
    await updateMember(db.pool, conversationId, 'ann', { read_seq: 6 })
    expect(await unread('ann')).toBe(0)
  })

  test('leaves out what was deleted, for all or for oneself, and what is held', async () => {
    await db.pool.query(`UPDATE messages SET state = 'deleted' WHERE seq = 2`)
    await storeMessage(
      db.pool,
      { conversationId, seq: 0, senderId: 'sel', messageId: idAt(99) },
      'held',
    )
    expect(await unread('ann')).toBe(2)
    await storeHide(db.pool, { conversationId, messageId: idAt(3, 3) }, 'ann')
    expect([await unread('ann'), await unread('sel')]).toEqual([1, 2])
    await updateMember(db.pool, conversationId, 'ann', { read_seq: 4 })
    expect(await unread('ann')).toBe(1)
  })

  test('in the inbox is the same, and in a room there is none', async () => {
    await storeRoom(db.pool)
    await storeMember(db.pool, roomId, 'ann', 'participant')
    await storeMessage(db.pool, { conversationId: roomId, seq: 1, senderId: 'zoe' })
    const inbox = await db.book.conversations('ann', { archived: false, limit: 10 })
    expect(inbox?.items.map((item) => item.unread)).toEqual([3])
    expect(await db.book.conversation(roomId, 'ann')).toMatchObject({
      unread: 0,
      you: { readSeq: 0 },
    })
  })
})

describe('a conversation', () => {
  test('stands for each as it has kept it', async () => {
    await updateMember(db.pool, conversationId, 'ann', {
      delivered_seq: 4,
      read_seq: 3,
      pinned: true,
      draft: 'perhaps',
      muted_until_ms: noonMs + 5,
    })
    expect((await view('ann')).you).toEqual({
      role: 'buyer',
      deliveredSeq: 4,
      readSeq: 3,
      pinned: true,
      archived: false,
      mutedUntil: noonMs + 5,
      draft: 'perhaps',
    })
    const other = await view('sel')
    expect(other.you).toMatchObject({ role: 'seller', pinned: false })
    expect(JSON.stringify(other)).not.toContain('perhaps')
  })

  test('I23: is nobody else’s, like one that does not exist', async () => {
    expect(await db.book.conversation(conversationId, 'zoe')).toBeUndefined()
    expect(await db.book.conversation(absentId, 'zoe')).toBeUndefined()
  })

  test('that is a room is there for whoever has not spoken yet', async () => {
    await storeRoom(db.pool)
    const room = await db.book.conversation(roomId, 'zoe')
    expect(room).toMatchObject({ kind: 'room', unread: 0 })
    expect(room).not.toHaveProperty('you')
  })

  test('shows no read mark of others where either side hides them, and always one’s own', async () => {
    await updateMember(db.pool, conversationId, 'ann', { read_seq: 2 })
    await updateMember(db.pool, conversationId, 'sel', { read_seq: 1 })
    expect(readMarks(await view('ann'))).toEqual([2, 1])
    await db.pool.query(`INSERT INTO chat_settings (user_id, hide_read_marks) VALUES ('sel', true)`)
    expect(readMarks(await view('ann'))).toEqual([2, undefined])
    expect(readMarks(await view('sel'))).toEqual([undefined, 1])
  })

  test('I24: shows the marks of others, across a block, as they were told last', async () => {
    await storeMessage(db.pool, { conversationId, seq: 1 })
    const told = { told_delivered_seq: 2, told_read_seq: 1, delivered_seq: 4, read_seq: 3 }
    await updateMember(db.pool, conversationId, 'ann', told)
    await storeBlock(db.pool, 'sel', 'ann')
    expect(marks(await view('sel'))).toEqual([
      [2, 1],
      [0, 0],
    ])
    expect(marks(await view('ann'))).toEqual([
      [4, 3],
      [0, 0],
    ])
    const inbox = await db.book.conversations('sel', { archived: false, limit: 1 })
    expect(inbox?.items.map(marks)).toEqual([
      [
        [2, 1],
        [0, 0],
      ],
    ])
  })

  test('I24: that is a room shows the last message of those whom its reader has not blocked', async () => {
    await storeRoom(db.pool)
    const quote = { messageId: idAt(1, 1), senderId: 'bob', kind: 'text', text: 'canary' } as const
    await storeMessage(db.pool, { conversationId: roomId, seq: 1, senderId: 'bob' })
    await storeMessage(db.pool, { conversationId: roomId, seq: 2, senderId: 'zoe', replyTo: quote })
    await storeMessage(db.pool, { conversationId: roomId, seq: 3, senderId: 'bob' })
    const last = async (userId: string) => (await db.book.conversation(roomId, userId))?.lastMessage
    expect(await last('ann')).toMatchObject({ seq: 3 })
    await storeBlock(db.pool, 'ann', 'bob')
    expect(await last('ann')).toMatchObject({ seq: 2, senderId: 'zoe' })
    expect(JSON.stringify(await last('ann'))).not.toContain('canary')
    expect(await last('bob')).toMatchObject({ seq: 3 })
  })

  test('shows the last message that its reader has not deleted for itself', async () => {
    await storeMessage(db.pool, { conversationId, seq: 1 })
    const last = await storeMessage(db.pool, { conversationId, seq: 2 })
    await storeHide(db.pool, last, 'ann')
    expect((await view('ann')).lastMessage?.seq).toBe(1)
    expect((await view('sel')).lastMessage?.seq).toBe(2)
    await storeHide(db.pool, { conversationId, messageId: idAt(1, 1) }, 'ann')
    expect(await view('ann')).not.toHaveProperty('lastMessage')
  })
})

const nth = (at: number): string => idAt(0, 100 + at)

describe('the inbox', () => {
  beforeEach(async () => {
    for (let at = 0; at < 7; at += 1) {
      // Two were last spoken in at the same instant.
      const lastMessageAtMs = noonMs + Math.floor(at / 2)
      await storeConversation(db.pool, {
        conversationId: nth(at),
        buyerId: 'bob',
        sellerId: 'sel',
        lastMessageAtMs,
      })
    }
    await updateMember(db.pool, nth(1), 'bob', { pinned: true })
    await updateMember(db.pool, nth(3), 'bob', { archived: true })
  })

  const order = [1, 6, 5, 4, 2, 0].map(nth)

  test.each([1, 2, 4, 6, 10])(
    'is read %d at a time, pinned first, then by the last message',
    async (limit) => {
      const read: string[] = []
      let cursor: string | undefined
      do {
        const page = await db.book.conversations('bob', { archived: false, limit, cursor })
        expect(page?.items.length).toBeGreaterThan(0)
        read.push(...(page?.items ?? []).map((item) => item.conversationId))
        cursor = page?.next
      } while (cursor !== undefined)
      expect(read).toEqual(order)
    },
  )

  test('holds what is put away only where that is asked for, and nobody else’s', async () => {
    const archived = await db.book.conversations('bob', { archived: true, limit: 10 })
    expect(archived?.items.map((item) => item.conversationId)).toEqual([nth(3)])
    expect(await db.book.conversations('zoe', { archived: false, limit: 10 })).toEqual({
      items: [],
    })
  })

  test.each([
    '',
    'x',
    'bnVsbA',
    'W10',
    'WzEsMiwzXQ',
    Buffer.from('[true,1,"x"]').toString('base64url'),
  ])('has no page for the cursor %j', async (cursor) => {
    expect(
      await db.book.conversations('bob', { archived: false, limit: 1, cursor }),
    ).toBeUndefined()
  })

  test('tells whether two have met, in a room not', async () => {
    await storeRoom(db.pool)
    await storeMember(db.pool, roomId, 'ann', 'participant')
    await storeMember(db.pool, roomId, 'zoe', 'participant')
    const met = [
      await db.book.haveMet('bob', 'sel'),
      await db.book.haveMet('sel', 'bob'),
      await db.book.haveMet('bob', 'ann'),
      await db.book.haveMet('ann', 'zoe'),
    ]
    expect(met).toEqual([true, true, false, false])
  })
})
