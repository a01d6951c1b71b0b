// Search, in a real PostgreSQL.
import { beforeEach, describe, expect, test } from 'vitest'
import { chatBookOnDatabase, storeRoom } from '../testing/chat-book-on-database.ts'
import { absentId, conversationId, roomId } from '../testing/conversations.ts'
import {
  idAt,
  storeConversation,
  storeHide,
  storeMember,
  storeMessage,
} from '../testing/stored-conversations.ts'

const db = chatBookOnDatabase()
const otherId = idAt(0, 900)
const foreignId = idAt(0, 901)

const dayMs = 24 * 3_600_000

const texts = [
  'Is the Palm Pilot still there?',
  'It is, with its stylus',
  'The stylus alone would do',
  'Größe und Preis?',
]

beforeEach(async () => {
  for (const [at, text] of texts.entries()) {
    await storeMessage(db.pool, { conversationId, seq: at + 1, text })
  }
  await storeConversation(db.pool, { conversationId: otherId, buyerId: 'ann', sellerId: 'bob' })
  await storeMessage(db.pool, { conversationId: otherId, seq: 9, text: 'another stylus' })
  await storeConversation(db.pool, { conversationId: foreignId, buyerId: 'cyd', sellerId: 'bob' })
  await storeMessage(db.pool, { conversationId: foreignId, seq: 1, text: 'a secret stylus' })
})

async function found(query: string, userId = 'ann', only?: string): Promise<readonly string[]> {
  const page = await db.book.search(userId, { query, limit: 10, conversationId: only })
  return (page?.items ?? []).map(({ text }) => text)
}

describe('search', () => {
  test('finds words in all of one’s own conversations, newest first', async () => {
    expect(await found('stylus')).toEqual(['another stylus', texts[2], texts[1]])
    expect(await found('STYLUS alone')).toEqual([texts[2]])
    expect(await found('"palm pilot"')).toEqual([texts[0]])
    expect(await found('stylus -another -alone')).toEqual([texts[1]])
    expect(await found('stylus -"another stylus" - alone')).toEqual([texts[2]])
    expect(await found('größe')).toEqual([texts[3]])
  })

  test('takes the last word for the beginning of one', async () => {
    expect(await found('sty')).toHaveLength(3)
    expect(await found('palm pil')).toEqual([texts[0]])
    expect(await found('sty alone')).toEqual([])
  })

  test('does not take an excluded word for the beginning of others', async () => {
    expect(await found('stylus -alo')).toHaveLength(3)
  })

  test('I23: in a conversation of others it finds as much as in one that does not exist', async () => {
    expect(await found('stylus', 'ann', conversationId)).toEqual([texts[2], texts[1]])
    expect(await found('secret', 'cyd')).toEqual(['a secret stylus'])
    expect(await found('secret')).toEqual([])
    expect(await found('stylus', 'ann', foreignId)).toEqual([])
    expect(await found('stylus', 'ann', absentId)).toEqual([])
  })

  test('does not find what is deleted, for all or for oneself, held, or said in a room', async () => {
    await db.pool.query(
      `UPDATE messages SET state = 'deleted' WHERE conversation_id = $1 AND seq = 2`,
      [conversationId],
    )
    await storeHide(db.pool, { conversationId, messageId: idAt(3, 3) }, 'ann')
    await storeMessage(
      db.pool,
      { conversationId, seq: 0, messageId: idAt(50), text: 'stylus' },
      'held',
    )
    await storeRoom(db.pool)
    await storeMember(db.pool, roomId, 'ann', 'participant')
    await storeMessage(db.pool, { conversationId: roomId, seq: 60, text: 'stylus' })
    expect(await found('stylus')).toEqual(['another stylus'])
    expect(await found('stylus', 'sel')).toEqual([texts[2]])
  })

  test.each([1, 2, 5])('is read %d at a time, none twice and none left out', async (limit) => {
    const read: string[] = []
    let cursor: string | undefined
    do {
      const page = await db.book.search('ann', { query: 'stylus', limit, cursor })
      read.push(...(page?.items ?? []).map(({ text }) => text))
      cursor = page?.next
    } while (cursor !== undefined)
    expect(read).toEqual(['another stylus', texts[2], texts[1]])
  })

  test('looks further back only where the last weeks do not fill a page', async () => {
    for (const [at, days] of [20, 200, 2_000].entries()) {
      const messageId = idAt(-days * dayMs, at)
      await storeMessage(db.pool, {
        conversationId,
        seq: 100 + at,
        messageId,
        text: `lamp ${days}`,
      })
    }
    const read: string[] = []
    const asked: number[] = []
    let cursor: string | undefined
    do {
      const before = db.queries()
      const page = await db.book.search('ann', { query: 'lamp', limit: 1, cursor })
      read.push(...(page?.items ?? []).map(({ text }) => text))
      asked.push(db.queries() - before)
      cursor = page?.next
    } while (cursor !== undefined)
    expect(read).toEqual(['lamp 20', 'lamp 200', 'lamp 2000'])
    expect(asked).toEqual([2, 3, 3])
    const before = db.queries()
    await db.book.search('ann', { query: 'stylus', limit: 2 })
    expect(db.queries() - before).toBe(1)
  })

  test('has no page for a cursor that is none', async () => {
    expect(await db.book.search('ann', { query: 'stylus', limit: 1, cursor: 'x' })).toBeUndefined()
  })

  test.each([
    "'",
    "''",
    "it's",
    '"',
    '" "',
    '\\',
    "\\'",
    ':*',
    'a:*',
    '!',
    '-',
    '--',
    '-"a b"',
    '(',
    ')',
    '((a',
    'a & | !',
    'a <-> b',
    'a or',
    'or or or',
    '\u200b',
    '🎉',
    '%_',
    "x' OR 'x'='x",
    '<b>a</b>',
    'https://a.example/?b=c&d',
    'a@b.example',
    '- '.repeat(100),
    '-'.repeat(200),
    '-"'.repeat(100),
    '-" "'.repeat(50),
    '-a'.repeat(100),
    '-"a" '.repeat(40),
    'a'.repeat(200),
  ])('takes %j as words, and never fails', async (query) => {
    expect(await found(query, 'zoe')).toEqual([])
  })

  test('finds what looks like an operator where it was said', async () => {
    await storeMessage(db.pool, { conversationId, seq: 10, text: "it's a:b c\\d o'neil" })
    expect(await found("o'neil")).toHaveLength(1)
    expect(await found('c\\d')).toHaveLength(1)
    expect(await found("it's a")).toHaveLength(1)
  })
})
