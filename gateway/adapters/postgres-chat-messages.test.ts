// History, the stream and attachments, from a real PostgreSQL.
import { beforeEach, describe, expect, test } from 'vitest'
import { chatBookOnDatabase, storeRoom } from '../testing/chat-book-on-database.ts'
import { absentId, conversationId, roomId } from '../testing/conversations.ts'
import { noonMs } from '../testing/people.ts'
import {
  idAt,
  storeBlock,
  storeEvent,
  storeHide,
  storeMessage,
} from '../testing/stored-conversations.ts'

const db = chatBookOnDatabase()

const page = async (asked: { before?: number; after?: number; limit: number }, userId = 'ann') => {
  const { items, next } = await db.book.messages(userId, { conversationId, ...asked })
  return { seqs: items.map(({ seq }) => seq), next }
}

describe('history', () => {
  beforeEach(async () => {
    for (let seq = 1; seq <= 9; seq += 1) {
      await storeMessage(db.pool, { conversationId, seq, senderId: seq % 2 === 0 ? 'ann' : 'sel' })
    }
  })

  test('goes back from the end, page by page', async () => {
    expect(await page({ limit: 4 })).toEqual({ seqs: [9, 8, 7, 6], next: 6 })
    expect(await page({ limit: 4, before: 6 })).toEqual({ seqs: [5, 4, 3, 2], next: 2 })
    expect(await page({ limit: 4, before: 2 })).toEqual({ seqs: [1], next: undefined })
  })

  test('goes on from a seq, page by page', async () => {
    expect(await page({ limit: 5, after: 0 })).toEqual({ seqs: [1, 2, 3, 4, 5], next: 5 })
    expect(await page({ limit: 5, after: 5 })).toEqual({ seqs: [6, 7, 8, 9], next: undefined })
    expect(await page({ limit: 5, after: 9 })).toEqual({ seqs: [], next: undefined })
  })

  test('leaves out what its reader has deleted for itself, and what is held', async () => {
    await storeHide(db.pool, { conversationId, messageId: idAt(8, 8) }, 'ann')
    await storeMessage(db.pool, { conversationId, seq: 0, messageId: idAt(99) }, 'held')
    expect(await page({ limit: 3 })).toEqual({ seqs: [9, 7, 6], next: 6 })
    expect(await page({ limit: 3 }, 'sel')).toEqual({ seqs: [9, 8, 7], next: 7 })
    const ids = [idAt(7, 7), idAt(8, 8)]
    expect(await db.book.deletedForSelf(conversationId, 'ann', ids)).toEqual(new Set([idAt(8, 8)]))
  })

  test('I24: of a room leaves out those whom its reader has blocked', async () => {
    await storeRoom(db.pool)
    await storeMessage(db.pool, { conversationId: roomId, seq: 1, senderId: 'bob' })
    await storeMessage(db.pool, { conversationId: roomId, seq: 2, senderId: 'zoe' })
    await storeBlock(db.pool, 'ann', 'bob')
    const room = async (userId: string) =>
      (await db.book.messages(userId, { conversationId: roomId, limit: 9 })).items.map(
        ({ seq }) => seq,
      )
    expect(await room('ann')).toEqual([2])
    expect(await room('bob')).toEqual([2, 1])
    const quote = { messageId: idAt(1, 1), senderId: 'bob', kind: 'text', text: 'canary' } as const
    await storeMessage(db.pool, { conversationId: roomId, seq: 3, senderId: 'zoe', replyTo: quote })
    const quotes = async (userId: string) =>
      (await db.book.messages(userId, { conversationId: roomId, after: 2, limit: 9 })).items.map(
        ({ seq, replyTo }) => [seq, replyTo?.text],
      )
    expect(await quotes('ann')).toEqual([[3, undefined]])
    expect(await quotes('cid')).toEqual([[3, 'canary']])
    await storeBlock(db.pool, 'ann', 'sel')
    expect((await page({ limit: 2 })).seqs).toEqual([9, 8])
  })
})

const seqs = async (range: { from?: number; reverse: boolean }) =>
  (await db.book.publications(conversationId, { limit: 2, ...range })).map(({ seq }) => seq)

describe('the stream', () => {
  beforeEach(async () => {
    await storeMessage(db.pool, { conversationId, seq: 1, senderId: 'ann', text: 'canary' })
    await storeMessage(db.pool, { conversationId, seq: 2, senderId: 'sel' })
    await storeEvent(db.pool, conversationId, {
      seq: 3,
      type: 'receipt',
      actorId: 'ann',
      detail: { receipt: { userId: 'ann', deliveredSeq: 2 } },
    })
  })

  test('is read upwards after a seq, and downwards before one', async () => {
    expect(await seqs({ reverse: false })).toEqual([1, 2])
    expect(await seqs({ reverse: false, from: 2 })).toEqual([3])
    expect(await seqs({ reverse: true })).toEqual([3, 2])
    expect(await seqs({ reverse: true, from: 2 })).toEqual([1])
  })

  test('I21: tells a message as it is now', async () => {
    const deleted = { text: '', deleted: true }
    await db.pool.query(`UPDATE messages SET state = 'deleted', view = view || $1 WHERE seq = 1`, [
      deleted,
    ])
    const events = await db.book.publications(conversationId, { limit: 9, reverse: false })
    expect(JSON.stringify(events)).not.toContain('canary')
    expect(events[0]).toMatchObject({
      seq: 1,
      actorId: 'ann',
      publication: { type: 'message_created', seq: 1, message: { text: '', deleted: true } },
    })
    expect(events[2]?.publication).toEqual({
      type: 'receipt',
      seq: 3,
      at: noonMs + 3,
      receipt: { userId: 'ann', deliveredSeq: 2 },
    })
  })
})

describe('an attachment', () => {
  test('is there once its message is, and no longer', async () => {
    const { messageId } = await storeMessage(db.pool, { conversationId, seq: 1, kind: 'image' })
    await db.pool.query(
      `INSERT INTO attachments VALUES ($1, $2, 'ann', 'a.png', 'image/png', 12, 'ready', NULL, $3)`,
      [absentId, conversationId, noonMs],
    )
    expect(await db.book.attachment(absentId)).toBeUndefined()
    await db.pool.query('UPDATE attachments SET message_id = $1', [messageId])
    expect(await db.book.attachment(absentId)).toEqual({
      conversationId,
      attachmentId: absentId,
      fileName: 'a.png',
      contentType: 'image/png',
      bytes: 12,
    })
    await db.pool.query(`UPDATE messages SET state = 'deleted'`)
    expect(await db.book.attachment(absentId)).toBeUndefined()
  })
})
