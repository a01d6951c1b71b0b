// The whole chat store on a real PostgreSQL: what must hold whatever breaks.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { uuidv7 } from '../platform/ids.ts'
import { systemClock } from '../platform/system-clock.ts'
import { waitFor } from '../platform/testing/wait-for.ts'
import type { ChatOutcome } from '../protocol/chat.ts'
import type { ChatEvents } from '../protocol/chat-store.ts'
import { chatEventsSubject } from '../protocol/subjects.ts'
import { actor, mark, offer, roomTerms, say } from './testing/commands.ts'
import { ChatDatabase } from './testing/database-store.ts'

let database: ChatDatabase

beforeEach(async () => {
  database = await ChatDatabase.make()
})
afterEach(() => database.close())

interface Stored {
  readonly seq: number
  readonly clientMessageId: string
}

async function stored(conversationId: string): Promise<readonly Stored[]> {
  const { rows } = await database.pool.query<Stored>(
    `SELECT seq, view ->> 'clientMessageId' AS "clientMessageId" FROM messages
      WHERE conversation_id = $1 ORDER BY seq`,
    [conversationId],
  )
  return rows
}

/** Events and messages alike count 1, 2, 3 … up to what the conversation says. */
async function expectWholeStream(conversationId: string): Promise<void> {
  const { rows } = await database.pool.query<{ seqs: number[]; last_seq: number }>(
    `SELECT last_seq, (SELECT array_agg(seq::int ORDER BY seq) FROM conversation_events e
                        WHERE e.conversation_id = c.conversation_id) AS seqs
       FROM conversations c WHERE conversation_id = $1`,
    [conversationId],
  )
  const [row] = rows
  expect(row?.seqs).toEqual(Array.from({ length: row?.last_seq ?? 0 }, (_, nth) => nth + 1))
}

/** Talk in a closed loop until told to stop; every answer with the id that was asked. */
function talkers(conversationIds: readonly string[], count: number) {
  const heard: { readonly clientMessageId: string; readonly outcome: ChatOutcome }[] = []
  const over = new AbortController()
  const all = Array.from({ length: count }, async (_, nth) => {
    const conversationId = conversationIds[nth % conversationIds.length] ?? ''
    while (!over.signal.aborted) {
      const command = say(conversationId, `talker-${nth}`, `message ${heard.length}`)
      const { clientMessageId } = command
      heard.push({ clientMessageId, outcome: await database.chat.ask(command) })
    }
  })
  return {
    heard,
    accepted: () => heard.filter(({ outcome }) => outcome.outcome === 'accepted'),
    async stop() {
      over.abort()
      await Promise.all(all)
    },
  }
}

async function watch(conversationId: string): Promise<number[]> {
  const seqs: number[] = []
  await database.bus.listen(chatEventsSubject(conversationId), (message) => {
    const told = message as ChatEvents
    if ('events' in told) seqs.push(...told.events.map(({ seq }) => seq))
  })
  return seqs
}

describe('acknowledged means committed', () => {
  test('I1, I19: every acknowledged message is stored once, though connections are cut in mid-commit', async () => {
    await database.store()
    const rooms = [await database.chat.opened(roomTerms()), await database.chat.opened(roomTerms())]
    const crowd = talkers(rooms, 16)
    for (let cut = 1; cut <= 5; cut += 1) {
      const before = crowd.heard.length
      await waitFor(() => crowd.heard.length > before + 50)
      await database.cutConnections('store')
    }
    const before = crowd.accepted().length
    await waitFor(() => crowd.accepted().length > before + 50)
    await crowd.stop()
    const all = (await Promise.all(rooms.map(stored))).flat()
    const ids = all.map(({ clientMessageId }) => clientMessageId)
    expect(new Set(ids).size).toBe(ids.length)
    for (const { clientMessageId, outcome } of crowd.heard) {
      if (outcome.outcome === 'accepted') expect(ids).toContain(clientMessageId)
      // What was told to be undecided was not decided.
      if (outcome.outcome === 'refused') expect(ids).not.toContain(clientMessageId)
    }
    for (const conversationId of rooms) await expectWholeStream(conversationId)
  })

  test('I1: a store that is killed amid talking loses nothing it acknowledged; the next goes on', async () => {
    const first = await database.store()
    const conversationId = await database.chat.opened(roomTerms())
    const seqs = await watch(conversationId)
    const crowd = talkers([conversationId], 8)
    await waitFor(() => crowd.accepted().length > 100)
    await database.store('next')
    await first.crash()
    const before = crowd.accepted().length
    await waitFor(() => crowd.accepted().length > before + 100)
    await crowd.stop()
    const rows = await stored(conversationId)
    const ids = rows.map(({ clientMessageId }) => clientMessageId)
    for (const { clientMessageId } of crowd.accepted()) expect(ids).toContain(clientMessageId)
    await expectWholeStream(conversationId)
    // Whatever the killed one had no time to tell, the other tells.
    await waitFor(() => new Set(seqs).size === rows.length)
  })
})

describe('several stores on one conversation', () => {
  test('I19: give its events numbers without gap and double, whoever is faster', async () => {
    await database.store('one')
    await database.store('two')
    await database.store('three')
    const conversationId = await database.chat.opened(roomTerms())
    const crowd = talkers([conversationId], 24)
    await waitFor(() => crowd.accepted().length > 600)
    await crowd.stop()
    await expectWholeStream(conversationId)
    expect(await stored(conversationId)).toHaveLength(crowd.accepted().length)
    expect(new Set(crowd.accepted().map(({ outcome }) => JSON.stringify(outcome))).size).toBe(
      crowd.accepted().length,
    )
  })

  test('I22: accept an offer once, though two devices accept it at once', async () => {
    await database.store('one')
    await database.store('two')
    const conversationId = await database.chat.opened()
    const made = await database.chat.ask(
      offer(conversationId, 'bea', 5_000, systemClock.nowMs() + 60_000),
    )
    if (made.outcome !== 'accepted' || made.messageId === undefined) throw new Error('no offer')
    const { messageId: offerId } = made
    const accept = () =>
      database.chat.ask({
        type: 'accept_offer',
        conversationId,
        actor: actor('sam'),
        offerId,
        clientMessageId: uuidv7(),
      })
    const outcomes = await Promise.all([accept(), accept(), accept(), accept()])
    const accepted = outcomes.filter(({ outcome }) => outcome === 'accepted')
    expect(accepted).toHaveLength(1)
    for (const other of outcomes.filter((each) => !accepted.includes(each))) {
      expect(other).toMatchObject({ code: 'offer_state', state: 'accepted' })
    }
    await expectWholeStream(conversationId)
  })

  test('I4: answer a repeat alike, whichever is asked, and for ever', async () => {
    const first = await database.store('one')
    const conversationId = await database.chat.opened()
    const message = say(conversationId, 'bea', 'Is it new?')
    const answer = await database.chat.ask(message)
    await first.crash()
    await database.store('two')
    expect(await database.chat.ask({ ...message, messageId: uuidv7() })).toEqual({
      ...answer,
      replayed: true,
    })
    expect(await stored(conversationId)).toHaveLength(1)
  })
})

describe('by itself', () => {
  test('an offer ends, and a receipt that was held back is told', async () => {
    await database.store()
    const conversationId = await database.chat.opened()
    const seqs = await watch(conversationId)
    for (const text of ['one', 'two']) await database.chat.say(conversationId, 'bea', text)
    for (const read of [1, 2]) await database.chat.ask(mark(conversationId, 'sam', { read }))
    await database.chat.ask(offer(conversationId, 'bea', 5_000, systemClock.nowMs() + 300))
    // Two messages, a receipt, the offer, its end, and the receipt that was held back.
    await waitFor(() => seqs.length === 6)
    const { rows } = await database.pool.query<{ type: string }>(
      'SELECT type FROM conversation_events WHERE conversation_id = $1',
      [conversationId],
    )
    const counted = Object.groupBy(rows, ({ type }) => type)
    expect(counted['receipt']).toHaveLength(2)
    expect(counted['offer_changed']).toHaveLength(1)
    await expectWholeStream(conversationId)
  })

  test('what a store committed and did not live to tell, the next one tells', async () => {
    const first = await database.store()
    const conversationId = await database.chat.opened()
    await database.chat.say(conversationId, 'bea', 'Is it new?')
    // As if it had died between the commit and the telling.
    await first.crash()
    await database.pool.query('UPDATE outbox SET published = false')
    const seqs = await watch(conversationId)
    await database.store('next')
    await waitFor(() => seqs.length > 0)
    expect(seqs).toEqual([1])
  })
})

test('a drain answers and marks everything; nothing is left for others to tell', async () => {
  const store = await database.store()
  const conversationId = await database.chat.opened()
  const said = Array.from({ length: 50 }, (_, nth) =>
    database.chat.say(conversationId, 'bea', `number ${nth}`),
  )
  await waitFor(async () => (await stored(conversationId)).length > 0)
  await store.drain()
  const outcomes = await Promise.all(said)
  expect(outcomes.every(({ outcome }) => outcome === 'accepted')).toBe(true)
  const { rows } = await database.pool.query('SELECT 1 FROM outbox WHERE NOT published')
  expect(rows).toEqual([])
})
