// Two chat stores on one database and one bus: whichever is asked, a conversation has one order.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createChatStore } from '../chat-store/main.ts'
import { createInProcessBus } from '../platform/bus/in-process-bus.ts'
import { uuidv7 } from '../platform/ids.ts'
import { type Running, runParts } from '../platform/lifecycle.ts'
import { createLogger } from '../platform/log.ts'
import { createMetrics } from '../platform/metrics.ts'
import { createPool, type Pool } from '../platform/postgres/pool.ts'
import { systemClock } from '../platform/system-clock.ts'
import {
  type ThrowawayDatabase,
  throwawayDatabase,
} from '../platform/testing/throwaway-database.ts'
import { waitFor } from '../platform/testing/wait-for.ts'
import type { ChatOutcome } from '../protocol/chat.ts'
import type { ChatEvents, ConversationCommand, MessageContent } from '../protocol/chat-store.ts'
import { chatCommandsSubject, chatEventsSubject } from '../protocol/subjects.ts'
import { accepted, offerOf50, upTo } from './testing/chat.ts'

let database: ThrowawayDatabase
let pools: readonly Pool[]
let stores: readonly Running[]
/** Asks its servers in turn, so two requests after each other go to two stores. */
const bus = createInProcessBus({ copy: true })
beforeAll(async () => {
  database = await throwawayDatabase()
  const log = createLogger({ name: 'test', level: 'silent' })
  pools = upTo(2).map(() => createPool(database.url, { log, applicationName: 'test', max: 8 }))
  stores = pools.map((pool) => {
    const metrics = createMetrics({ role: 'test', ofProcess: false })
    return runParts(createChatStore({ pool, bus, clock: systemClock, log, metrics }), { log })
  })
  await Promise.all(stores.map(({ ready }) => ready))
})
afterAll(async () => {
  await Promise.all(stores.map((store) => store.drainAndStop()))
  await Promise.all(pools.map((pool) => pool.end()))
  await database.drop()
})

const ann = { userId: 'ann', roles: [] }
const sam = { userId: 'sam', roles: [] }

const ask = async (command: ConversationCommand): Promise<ChatOutcome> =>
  (await bus.request(chatCommandsSubject, command, 20_000)) as ChatOutcome

/** A conversation of ann and sam, and the seqs that are told of it. */
async function open() {
  const conversationId = randomUUID()
  const subject = { type: 'listing', id: conversationId } as const
  const terms = { kind: 'direct', subject, buyerId: 'ann', sellerId: 'sam' } as const
  accepted(await ask({ type: 'open_conversation', conversationId, actor: ann, terms }))
  const told = new Set<number>()
  await bus.listen(chatEventsSubject(conversationId), (said) => {
    const { events } = { events: [], ...(said as ChatEvents) }
    for (const { seq } of events) told.add(seq)
  })
  return { conversationId, told }
}

const send = (conversationId: string, content: MessageContent, clientMessageId = randomUUID()) =>
  ask({
    type: 'send_message',
    conversationId,
    actor: ann,
    messageId: uuidv7(),
    clientMessageId,
    content,
  })

describe('two stores', () => {
  test('I19: number every conversation without a gap and without a double', async () => {
    const conversations = await Promise.all(upTo(3).map(open))
    const outcomes = await Promise.all(
      conversations.flatMap(({ conversationId }) =>
        upTo(150).map((nth) => send(conversationId, { kind: 'text', text: `word ${nth}` })),
      ),
    )
    // A store that loses too many races may turn somebody away; it never numbers anything twice.
    const taken = outcomes.filter(({ outcome }) => outcome === 'accepted').map(accepted)
    expect(taken.length).toBeGreaterThan(outcomes.length / 2)
    for (const { conversationId, told } of conversations) {
      const seqs = taken
        .filter((outcome) => outcome.conversationId === conversationId)
        .map(({ seq = 0 }) => seq)
        .toSorted((one, other) => one - other)
      expect(seqs).toEqual(upTo(seqs.length))
      await waitFor(() => told.size === seqs.length)
    }
  })

  test('I4: asked under one id at once give one outcome', async () => {
    const { conversationId, told } = await open()
    for (const nth of upTo(20)) {
      const clientMessageId = randomUUID()
      const content = { kind: 'text', text: `word ${nth}` } as const
      const outcomes = await Promise.all(
        upTo(6).map(() => send(conversationId, content, clientMessageId)),
      )
      const taken = outcomes.map(accepted)
      expect(new Set(taken.map(({ messageId }) => messageId)).size).toBe(1)
      expect(taken.map(({ seq }) => seq)).toEqual(upTo(6).map(() => nth))
      expect(taken.filter(({ replayed }) => replayed !== true)).toHaveLength(1)
    }
    await waitFor(() => told.size === 20)
  })

  test('I22: asked to accept one offer at once, one does', async () => {
    const { conversationId } = await open()
    for (const nth of upTo(20)) {
      const made = await send(conversationId, {
        kind: 'offer',
        offer: { ...offerOf50(), amount: nth },
      })
      const offerId = accepted(made).messageId ?? ''
      const accept = () =>
        ask({
          type: 'accept_offer',
          conversationId,
          actor: sam,
          offerId,
          clientMessageId: randomUUID(),
        })
      const outcomes = await Promise.all(upTo(4).map(accept))
      expect(outcomes.map(({ outcome }) => outcome).toSorted()).toEqual([
        'accepted',
        'refused',
        'refused',
        'refused',
      ])
    }
  })
})
