// What is kept of users: whom they have blocked, what they hide, who may not speak.
import type { Pool } from '../../platform/postgres/pool.ts'
import type { BlockPage, ChatSettings } from '../../protocol/chat.ts'
import type { ChatBook, HiddenPeople, PageAsked } from '../ports/chat-book.ts'
import { gathered } from './gather.ts'
import { pageOf } from './keyset-page.ts'
import { readCursor, writeCursor } from './page-cursor.ts'

const hiddenQuery = {
  name: 'gateway-hidden-people',
  text: `
    SELECT blocker_id AS user_id, blocked_id AS other_id, true AS blocks FROM blocks
     WHERE blocker_id = ANY ($1::text[])
     UNION ALL
    SELECT blocked_id, blocker_id, false FROM blocks WHERE blocked_id = ANY ($1::text[])`,
}

const blocksQuery = {
  name: 'gateway-blocks',
  text: `
    SELECT blocked_id, at_ms FROM blocks
     WHERE blocker_id = $1 AND ($2::text IS NULL OR blocked_id > $2)
     ORDER BY blocked_id LIMIT $3`,
}

const settingsQuery = {
  name: 'gateway-chat-settings',
  text: 'SELECT hide_read_marks FROM chat_settings WHERE user_id = $1',
}

const silencedQuery = {
  name: 'gateway-silenced',
  text: `
    SELECT greatest(
      (SELECT silenced_until_ms FROM conversation_members WHERE conversation_id = $1 AND user_id = $2),
      (SELECT silenced_until_ms FROM chat_settings WHERE user_id = $2)) AS until`,
}

type PeopleReads = Pick<ChatBook, 'hidden' | 'blocks' | 'settings' | 'silencedUntil'>

export function createPeopleReads(pool: Pool, nowMs: () => number): PeopleReads {
  const hidden = gathered((userIds) => loadHidden(pool, userIds))
  return {
    hidden: async (userId) =>
      (await hidden(userId)) ?? { blocked: new Set<string>(), blockedBy: new Set<string>() },
    blocks: (userId, page) => loadBlocks(pool, userId, page),
    settings: (userId) => loadSettings(pool, userId),
    silencedUntil: (conversationId, userId) => loadSilenced(pool, conversationId, userId, nowMs()),
  }
}

interface HiddenRow {
  readonly user_id: string
  readonly other_id: string
  readonly blocks: boolean
}

async function loadHidden(
  pool: Pool,
  userIds: readonly string[],
): Promise<ReadonlyMap<string, HiddenPeople>> {
  const { rows } = await pool.query<HiddenRow>({ ...hiddenQuery, values: [userIds] })
  const found = new Map<string, { blocked: Set<string>; blockedBy: Set<string> }>()
  for (const { user_id, other_id, blocks } of rows) {
    const people = found.get(user_id) ?? { blocked: new Set(), blockedBy: new Set() }
    found.set(user_id, people)
    if (blocks) people.blocked.add(other_id)
    else people.blockedBy.add(other_id)
  }
  return found
}

async function loadBlocks(
  pool: Pool,
  userId: string,
  { cursor, limit }: PageAsked,
): Promise<BlockPage | undefined> {
  const after = cursor === undefined ? [null] : readCursor(cursor, ['string'])
  if (after === undefined) return undefined
  const { rows } = await pool.query<{ readonly blocked_id: string; readonly at_ms: number }>({
    ...blocksQuery,
    values: [userId, ...after, limit + 1],
  })
  return pageOf(
    rows,
    limit,
    (row) => ({ userId: row.blocked_id, at: row.at_ms }),
    (last) => writeCursor([last.blocked_id]),
  )
}

async function loadSettings(pool: Pool, userId: string): Promise<ChatSettings> {
  const { rows } = await pool.query<{ readonly hide_read_marks: boolean }>({
    ...settingsQuery,
    values: [userId],
  })
  return { hideReadMarks: rows[0]?.hide_read_marks === true }
}

async function loadSilenced(
  pool: Pool,
  conversationId: string,
  userId: string,
  nowMs: number,
): Promise<number | undefined> {
  const { rows } = await pool.query<{ readonly until: number | null }>({
    ...silencedQuery,
    values: [conversationId, userId],
  })
  const until = rows[0]?.until ?? 0
  return until > nowMs ? until : undefined
}
