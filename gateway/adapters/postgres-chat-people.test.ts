// Blocks, settings and what moderators look at, from a real PostgreSQL.
import { describe, expect, test } from 'vitest'
import { chatBookOnDatabase } from '../testing/chat-book-on-database.ts'
import { conversationId } from '../testing/conversations.ts'
import { noonMs } from '../testing/people.ts'
import { idAt, storeBlock, storeMessage, updateMember } from '../testing/stored-conversations.ts'

const db = chatBookOnDatabase()

describe('people', () => {
  test('blocks are known from both sides, and many are asked about in one query', async () => {
    await storeBlock(db.pool, 'ann', 'bob')
    await storeBlock(db.pool, 'zoe', 'ann')
    const before = db.queries()
    const [ann, bob, sel] = await Promise.all(['ann', 'bob', 'sel'].map((id) => db.book.hidden(id)))
    expect(ann).toEqual({ blocked: new Set(['bob']), blockedBy: new Set(['zoe']) })
    expect(bob).toEqual({ blocked: new Set(), blockedBy: new Set(['ann']) })
    expect(sel).toEqual({ blocked: new Set(), blockedBy: new Set() })
    expect(db.queries()).toBe(before + 1)
  })

  test('one’s own blocks are listed page by page', async () => {
    for (const userId of ['cyd', 'bob', 'Ünal']) await storeBlock(db.pool, 'ann', userId)
    const first = await db.book.blocks('ann', { limit: 2 })
    expect(first?.items).toEqual([
      { userId: 'bob', at: noonMs },
      { userId: 'cyd', at: noonMs },
    ])
    const second = await db.book.blocks('ann', { limit: 2, cursor: first?.next })
    expect(second).toEqual({ items: [{ userId: 'Ünal', at: noonMs }] })
    expect(await db.book.blocks('ann', { limit: 2, cursor: 'WyJcdTAwMDAiXQ' })).toBeUndefined()
  })

  test('settings are as usual until they are changed', async () => {
    expect(await db.book.settings('ann')).toEqual({ hideReadMarks: false })
    await db.pool.query(`INSERT INTO chat_settings (user_id, hide_read_marks) VALUES ('ann', true)`)
    expect(await db.book.settings('ann')).toEqual({ hideReadMarks: true })
  })

  test('somebody is silenced here or everywhere, whichever lasts longer, and not for ever', async () => {
    expect(await db.book.silencedUntil(conversationId, 'ann')).toBeUndefined()
    await updateMember(db.pool, conversationId, 'ann', { silenced_until_ms: noonMs + 10 })
    expect(await db.book.silencedUntil(conversationId, 'ann')).toBe(noonMs + 10)
    await db.pool.query(
      `INSERT INTO chat_settings (user_id, silenced_until_ms) VALUES ('ann', $1), ('sel', $2)`,
      [noonMs + 20, noonMs - 1],
    )
    expect(await db.book.silencedUntil(conversationId, 'ann')).toBe(noonMs + 20)
    expect(await db.book.silencedUntil(conversationId, 'sel')).toBeUndefined()
  })
})

const caseAt = (at: number): string => idAt(0, 500 + at)

async function openCase(at: number, columns: Readonly<Record<string, unknown>>): Promise<void> {
  const row = {
    case_id: caseAt(at),
    conversation_id: conversationId,
    opened_at_ms: noonMs,
    ...columns,
  }
  const names = Object.keys(row)
  await db.pool.query(
    `INSERT INTO moderation_cases (${names.join(', ')})
     VALUES (${names.map((_, nth) => `$${nth + 1}`).join(', ')})`,
    Object.values(row),
  )
}

describe('moderators', () => {
  test('find what nobody has decided, oldest first, with what was said', async () => {
    const held = await storeMessage(db.pool, { conversationId, seq: 0, messageId: idAt(5) }, 'held')
    const gone = await storeMessage(db.pool, { conversationId, seq: 1, text: '' }, 'deleted')
    await db.pool.query(`INSERT INTO message_versions VALUES ($1, $2, 1, 2, 'ann', $3)`, [
      conversationId,
      gone.messageId,
      { ...gone, text: 'what it said' },
    ])
    await openCase(0, { kind: 'held', message_id: held.messageId, rules: ['phone'] })
    await openCase(1, {
      kind: 'report',
      message_id: gone.messageId,
      reported_by: 'sel',
      reason: 'spam',
      note: 'again',
    })
    await openCase(2, {
      kind: 'report',
      reported_by: 'ann',
      reason: 'fraud',
      opened_at_ms: noonMs + 1,
    })
    await openCase(3, { kind: 'report', decision: 'dismiss' })

    const first = await db.book.queue({ limit: 2 })
    expect(first?.items).toEqual([
      {
        caseId: caseAt(0),
        kind: 'held',
        conversationId,
        openedAt: noonMs,
        message: held,
        rules: ['phone'],
      },
      {
        caseId: caseAt(1),
        kind: 'report',
        conversationId,
        openedAt: noonMs,
        message: { ...gone, text: 'what it said' },
        reportedBy: 'sel',
        reason: 'spam',
        note: 'again',
      },
    ])
    const second = await db.book.queue({ limit: 2, cursor: first?.next })
    expect(second?.items).toEqual([
      {
        caseId: caseAt(2),
        kind: 'report',
        conversationId,
        openedAt: noonMs + 1,
        reportedBy: 'ann',
        reason: 'fraud',
      },
    ])
    expect(second).not.toHaveProperty('next')
    expect(await db.book.caseConversation(caseAt(0))).toBe(conversationId)
    expect(await db.book.caseConversation(caseAt(3))).toBeUndefined()
  })

  test('read what a message said before, oldest first', async () => {
    const { messageId } = await storeMessage(db.pool, { conversationId, seq: 1, text: 'third' })
    for (const [at, text] of ['first', 'second'].entries()) {
      await db.pool.query(`INSERT INTO message_versions VALUES ($1, $2, $3, $4, 'ann', $5)`, [
        conversationId,
        messageId,
        noonMs + at,
        noonMs + at + 1,
        { text },
      ])
    }
    expect(await db.book.versions(conversationId, messageId)).toEqual([
      { text: 'first', from: noonMs, to: noonMs + 1 },
      { text: 'second', from: noonMs + 1, to: noonMs + 2 },
    ])
  })

  test('read the rules in their order', async () => {
    await db.pool.query(
      `INSERT INTO moderation_rules VALUES (2, '{"ruleId": "b"}'), (1, '{"ruleId": "a"}')`,
    )
    expect((await db.book.rules()).map(({ ruleId }) => ruleId)).toEqual(['a', 'b'])
  })
})
