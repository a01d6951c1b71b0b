// What every outbox of conversations promises.
import { describe, expect, test } from 'vitest'
import {
  after,
  atMs,
  batchOf,
  changeOf,
  conversationOf,
  createdEvent,
  opening,
  sending,
} from '../testing/changes.ts'
import { type ChatWorld, worldPerTest } from '../testing/chat-world.ts'

export function describeChatOutbox(name: string, make: () => Promise<ChatWorld>): void {
  describe(`${name} as an outbox of conversations`, () => {
    const at = worldPerTest(make)
    const { commit } = at

    test('what was committed is told in its order until it is marked as published', async () => {
      const first = sending(conversationOf(at.conversationId), 3)
      const second = sending(after(first))
      const [told] = await commit(first)
      const [toldNext] = await commit(second)
      if (told?.type !== 'committed' || toldNext?.type !== 'committed') throw new Error('conflict')
      const { outbox } = at.world
      expect(await outbox.oldestUnpublishedMs()).toBe(atMs)
      expect(await outbox.unpublished(atMs, 10)).toEqual([])
      expect(await outbox.unpublished(atMs + 1, 1)).toHaveLength(1)
      expect(await outbox.unpublished(atMs + 1, 10)).toEqual(
        [first, second].map(({ messages }, nth) => ({
          outboxId: [told, toldNext][nth]?.outboxId,
          conversationId: at.conversationId,
          events: messages.map(({ view }) => ({
            seq: view.seq,
            actorId: 'ann',
            publication: { type: 'message_created', seq: view.seq, at: view.at, message: view },
          })),
        })),
      )
      await outbox.markPublished([told.outboxId, toldNext.outboxId].map(Number))
      expect(await outbox.unpublished(atMs + 1, 10)).toEqual([])
      expect(await outbox.oldestUnpublishedMs()).toBeUndefined()
    })

    test('I21: a message that was deleted is told as it is now', async () => {
      const sent = sending(conversationOf(at.conversationId))
      await commit(sent)
      const [message] = sent.messages
      if (message === undefined) throw new Error('one was sent')
      const { view } = message
      const tombstone = { ...view, text: '', deleted: true } as const
      const event = { ...createdEvent(message), seq: 2, type: 'message_deleted' } as const
      await commit(
        changeOf(
          { ...after(sent), lastSeq: 2 },
          { changedMessages: [{ ...message, view: tombstone, state: 'deleted' }], events: [event] },
        ),
      )
      const untold = await at.world.outbox.unpublished(atMs + 1, 10)
      expect(untold.flatMap(({ events }) => events.map(({ publication }) => publication))).toEqual([
        { type: 'message_created', seq: 1, at: atMs, message: tombstone },
        { type: 'message_deleted', seq: 2, at: atMs, message: tombstone },
      ])
    })

    test('events without a message say what they say', async () => {
      const receipt = { userId: 'sam', deliveredSeq: 2, readSeq: 1 }
      const events = [
        { seq: 1, atMs, type: 'receipt', actorId: 'sam', detail: { receipt } },
        {
          seq: 2,
          atMs: atMs + 1,
          type: 'conversation_changed',
          actorId: 'mod',
          detail: { conversation: { slowModeMs: 5_000 } },
        },
      ] as const
      await commit(changeOf(conversationOf(at.conversationId, { lastSeq: 2 }), { events }))
      const [untold] = await at.world.outbox.unpublished(atMs + 1, 10)
      expect(untold?.events).toEqual([
        { seq: 1, actorId: 'sam', publication: { type: 'receipt', seq: 1, at: atMs, receipt } },
        {
          seq: 2,
          actorId: 'mod',
          publication: {
            type: 'conversation_changed',
            seq: 2,
            at: atMs + 1,
            conversation: { slowModeMs: 5_000 },
          },
        },
      ])
    })

    test('rows that everybody has dealt with are pruned, and no others', async () => {
      const first = sending(conversationOf(at.conversationId))
      const [told] = await commit(first)
      await commit(sending(after(first)))
      if (told?.type !== 'committed') throw new Error('conflict')
      const { outbox } = at.world
      await at.world.notifyAll()
      expect(await outbox.prune(10)).toBe(0)
      await outbox.markPublished([Number(told.outboxId)])
      expect(await outbox.prune(10)).toBe(1)
      expect(await outbox.prune(10)).toBe(0)
      expect(await outbox.unpublished(atMs + 1, 10)).toHaveLength(1)
    })

    test('a batch without events leaves nothing', async () => {
      const batch = batchOf(opening(conversationOf(at.conversationId)))
      await at.world.first.commit(batch)
      expect(await at.world.outbox.oldestUnpublishedMs()).toBeUndefined()
    })
  })
}
