// When people last spoke in rooms with slow mode. The messages tell it; asked only where somebody may have to
// pause, in a question of its own: what is said between the two raises the room's version, so nothing that was
// decided upon both is committed then.
import type { Pool } from '../../platform/postgres/pool.ts'
import type { Facts } from '../core/conversation.ts'
import type { FactsWanted } from '../ports/chat-log.ts'

/** What the clocks that made the messages' ids may differ from ours. */
const clocksDifferMs = 60_000

interface SpokeRow {
  readonly place: number
  readonly user_id: string
  readonly at_ms: number
}

/** The facts, where people have to pause with when they last spoke. @throws the database's error */
export async function withPauses(
  pool: Pool,
  wanted: readonly FactsWanted[],
  facts: readonly Facts[],
): Promise<readonly Facts[]> {
  const asked = wanted.flatMap(({ userIds, mayStartSlowMode, spokeFromMs }, place) => {
    const room = facts[place]?.conversation
    if (room?.terms.kind !== 'room' || !(mayStartSlowMode || room.slowModeMs > 0)) return []
    // Where nobody spoke for so long, nobody has to pause.
    if (room.lastMessageAtMs < spokeFromMs) return []
    return userIds.map((userId) => ({ place, room, userId, spokeFromMs }))
  })
  if (asked.length === 0) return facts
  const { rows } = await pool.query<SpokeRow>({
    name: 'last_spoken',
    text: lastSpoken,
    values: [
      asked.map(({ place }) => place),
      asked.map(({ room }) => room.conversationId),
      asked.map(({ userId }) => userId),
      asked.map(({ spokeFromMs }) => Math.max(0, spokeFromMs - clocksDifferMs)),
    ],
  })
  const spoken = Map.groupBy(rows, ({ place }) => place)
  return facts.map((one, place) => {
    const spoke = spoken.get(place)?.map((row): [string, number] => [row.user_id, row.at_ms])
    return spoke === undefined ? one : { ...one, spokeAtMs: new Map(spoke) }
  })
}

// One probe of an index for each, in the month that it is, or the one before as well.
const lastSpoken = `
  SELECT w.place, w.user_id, said.at_ms
    FROM unnest($1::integer[], $2::uuid[], $3::text[], $4::bigint[])
           AS w (place, conversation_id, user_id, from_ms)
   CROSS JOIN LATERAL (
     SELECT m.at_ms FROM messages m
      WHERE m.sender_id = w.user_id COLLATE "C" AND m.message_id >= uuid_v7_floor(w.from_ms)
        AND m.conversation_id = w.conversation_id AND m.kind <> 'system'
      ORDER BY m.message_id DESC LIMIT 1) AS said`
