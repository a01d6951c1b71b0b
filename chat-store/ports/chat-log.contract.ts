// What every chat log promises, whatever it is made of.
import { describe, expect, test } from 'vitest'
import { uuidv7 } from '../../platform/ids.ts'
import {
  after,
  atMs,
  batchOf,
  changeOf,
  conversationOf,
  memberOf,
  messageOf,
  noFacts,
  opening,
  roomOf,
  sending,
  wantedOf,
} from '../testing/changes.ts'
import { type ChatWorld, worldPerTest } from '../testing/chat-world.ts'
import type { ChatBatch, ChatLog } from './chat-log.ts'

const committed = { type: 'committed' }
const conflict = { type: 'conflict' }
const faults = [
  ['NUL', 'a\0b'],
  ['half of a surrogate pair', 'a\ud83d'],
] as const

/** Sends a message to each conversation again and again, as often as nobody else is faster. Returns how many. */
async function sendAll(log: ChatLog, ids: readonly string[]): Promise<number> {
  let sent = 0
  for (let round = 0; round < 25; round += 1) {
    const facts = await log.read(ids.map((id) => wantedOf(id)))
    const changes = facts.flatMap(({ conversation }) =>
      conversation === undefined ? [] : [sending(conversation)],
    )
    const born = opening(conversationOf(uuidv7()))
    const result = await log.commit(batchOf(...changes, born))
    if (result.type !== 'done') throw new Error(result.type, { cause: result })
    sent += result.verdicts.slice(0, -1).filter(({ type }) => type === 'committed').length
  }
  return sent
}

function making(ids: readonly string[]): ChatBatch {
  return batchOf(...ids.map((id) => opening(conversationOf(id))))
}

export function describeChatLog(name: string, make: () => Promise<ChatWorld>): void {
  describe(`${name} as a log of conversations`, () => {
    const at = worldPerTest(make)
    const { commit, read, opened } = at

    describe('versions', () => {
      test('what was never stored is read as absent, those who ask as people of whom nothing is known', async () => {
        expect(await read()).toEqual(noFacts(at.conversationId))
        expect((await read({ userIds: ['ann'] })).people).toEqual(
          new Map([['ann', { hidesReadMarks: false, blocks: new Set() }]]),
        )
      })

      test('each commit raises the version by one, those without an event too', async () => {
        const conversation = await opened()
        expect((await read()).conversation).toEqual({ ...conversation, version: 1 })
        const silent = changeOf(conversation, { members: [memberOf('ann', { draft: 'Well' })] })
        expect(await commit(silent)).toEqual([{ type: 'committed', outboxId: undefined }])
        expect((await read()).conversation).toEqual({ ...conversation, version: 2 })
      })

      test('I19: a change upon a version that is gone writes nothing, and others of its batch are unharmed', async () => {
        const conversation = await opened()
        const won = sending(conversation)
        await commit(won)
        const otherId = uuidv7()
        const late = sending(conversation, 2)
        expect(await commit(late, opening(conversationOf(otherId)))).toMatchObject([
          conflict,
          committed,
        ])
        const facts = await read({
          messageIds: late.messages.map(({ view }) => view.messageId),
          commands: late.answers,
        })
        expect(facts.conversation).toEqual(after(won))
        expect(facts.messages.size).toBe(0)
        expect(facts.answers.size).toBe(0)
        const [other] = await at.world.first.read([wantedOf(otherId)])
        expect(other?.conversation?.version).toBe(1)
      })

      test('a change of a conversation that does not exist is a conflict', async () => {
        expect(await commit(sending(conversationOf(at.conversationId, { version: 3 })))).toEqual([
          conflict,
        ])
        expect(await read()).toEqual(noFacts(at.conversationId))
      })

      test('one that exists is not made again', async () => {
        const conversation = await opened()
        expect(await commit(sending(conversationOf(at.conversationId), 3))).toEqual([conflict])
        expect((await read()).conversation).toEqual(conversation)
      })

      test('the same batch, written again, takes effect once', async () => {
        const conversation = await opened()
        const batch = batchOf(sending(conversation), opening(conversationOf(uuidv7())))
        await at.world.first.commit(batch)
        expect(await at.world.second.commit(batch)).toMatchObject({
          type: 'done',
          verdicts: [committed, committed],
        })
        expect((await read()).conversation).toMatchObject({ version: 2, lastSeq: 1 })
        expect(await at.world.outbox.unpublished(atMs + 1, 10)).toHaveLength(1)
      })

      test('two stores that make the same conversations at once: one does, the other conflicts', async () => {
        for (let round = 0; round < 20; round += 1) {
          const ids = Array.from({ length: 4 }, () => uuidv7())
          const [one, other] = await Promise.all([
            at.world.first.commit(making(ids)),
            at.world.second.commit(making(ids.toReversed())),
          ])
          if (one.type !== 'done' || other.type !== 'done')
            throw new Error(JSON.stringify([one, other]))
          const winners = [one.verdicts, other.verdicts.toReversed()].map((verdicts) =>
            verdicts.map(({ type }) => (type === 'committed' ? 1 : 0)),
          )
          expect(ids.map((_, nth) => (winners[0]?.[nth] ?? 0) + (winners[1]?.[nth] ?? 0))).toEqual(
            ids.map(() => 1),
          )
        }
      })

      test('I19: batches that overlap in any order never wait for each other in a circle', async () => {
        const ids = Array.from({ length: 8 }, () => uuidv7())
        await commit(...ids.map((id) => opening(conversationOf(id))))
        const sent = await Promise.all([
          sendAll(at.world.first, ids),
          sendAll(at.world.second, ids.toReversed()),
          sendAll(at.world.first, [...ids.slice(3), ...ids.slice(0, 3)]),
        ])
        const facts = await at.world.first.read(ids.map((id) => wantedOf(id)))
        const stored = facts.map(({ conversation }) => conversation?.lastSeq ?? 0)
        expect(stored.reduce((sum, seq) => sum + seq)).toBe(sent.reduce((sum, one) => sum + one))
      })
    })

    describe('guests', () => {
      const guest = memberOf('eve', {
        role: 'participant',
        joinedSeq: 3,
        deliveredSeq: 3,
        readSeq: 3,
      })
      const guestRow = { ...guest, toldDeliveredSeq: 3, toldReadSeq: 3 }

      test('become members where they are none, and stay as they are where they are', async () => {
        const entered = changeOf(roomOf(at.conversationId), { guests: [guestRow] })
        expect(await commit(entered)).toMatchObject([committed])
        const settled = changeOf(after(entered), { members: [{ ...guestRow, draft: 'Well' }] })
        await commit(settled)
        const again = changeOf(after(settled), { guests: [{ ...guestRow, joinedSeq: 9 }] })
        expect(await commit(again)).toMatchObject([committed])
        const { members } = await read({ userIds: ['eve'] })
        expect(members).toEqual(new Map([['eve', { ...guestRow, draft: 'Well' }]]))
      })

      test.each(['here', 'everywhere'])(
        'who are silenced %s make their room conflict and no other',
        async (where) => {
          const room = opening(roomOf(at.conversationId))
          await commit(room)
          const silence = { userId: 'eve', until: atMs + 1 }
          const scope = where === 'here' ? { conversationId: at.conversationId } : {}
          await at.world.house.silence({ ...silence, ...scope }, 'mod', atMs)
          const [facts] = await at.world.first.read([wantedOf(at.conversationId)])
          if (facts?.conversation === undefined) throw new Error('it is there')
          const speaking = { ...sending(facts.conversation), guests: [guestRow] }
          const other = opening(conversationOf(uuidv7()))
          expect(await commit(speaking, other)).toMatchObject([conflict, committed])
          expect((await read()).conversation).toEqual(facts.conversation)
          // It is over then.
          const later = { ...batchOf(speaking), atMs: atMs + 1 }
          expect(await at.world.first.commit(later)).toMatchObject({ verdicts: [committed] })
        },
      )
    })

    describe('what goes wrong', () => {
      test.each(faults)(
        'text with %s can not be stored, nor anything beside it',
        async (_, text) => {
          const conversation = await opened()
          const unstorable = changeOf(conversation, {
            messages: [messageOf(at.conversationId, 1, { text })],
          })
          const beside = opening(conversationOf(uuidv7()))
          const result = await at.world.first.commit(batchOf(beside, unstorable))
          expect(result.type).toBe('unstorable')
          expect((await read()).conversation).toEqual(conversation)
          const [other] = await at.world.first.read([wantedOf(beside.conversation.conversationId)])
          expect(other?.conversation).toBeUndefined()

          const draft = changeOf(conversation, { members: [memberOf('ann', { draft: text })] })
          expect((await at.world.first.commit(batchOf(draft))).type).toBe('unstorable')
          // The log is as good as before.
          expect(await commit(sending(conversation))).toMatchObject([committed])
        },
      )

      test('a command that is answered twice is a fault, and nothing of it is written', async () => {
        const sent = sending(await opened())
        await commit(sent)
        const again = { ...sending(after(sent)), answers: sent.answers }
        expect((await at.world.first.commit(batchOf(again))).type).toBe('unstorable')
        expect((await read()).conversation).toEqual(after(sent))
      })

      test('I4: where nobody has looked for earlier answers, such a command is a conflict, and others are unharmed', async () => {
        const sent = sending(await opened())
        await commit(sent)
        // As it comes when it is brought again: with the id that its message had.
        const more = sending(after(sent), 2)
        const messages = [...sent.messages, ...more.messages]
        const again = { ...more, messages, answers: sent.answers }
        const other = opening(conversationOf(uuidv7()))
        const batch = { ...batchOf(again, other), answersUnread: true }
        const verdicts = [conflict, committed]
        expect(await at.world.first.commit(batch)).toMatchObject({ type: 'done', verdicts })
        expect((await read()).conversation).toEqual(after(sent))
        const messageIds = more.messages.map(({ view }) => view.messageId)
        expect((await read({ messageIds })).messages.size).toBe(0)
        const retried = { ...batchOf(sending(after(sent))), answersUnread: true }
        expect(await at.world.first.commit(retried)).toMatchObject({ verdicts: [committed] })
        // The same batch, whose own answers are there now.
        expect(await at.world.first.commit(retried)).toMatchObject({ verdicts: [committed] })
      })

      test.each(['before', 'after'] as const)(
        'a commit whose connection is lost %s it took effect is in doubt, and the same batch settles it',
        async (when) => {
          const batch = batchOf(sending(await opened()), opening(conversationOf(uuidv7())))
          expect((await at.world.commitAndLose(batch, when)).type).toBe('in_doubt')
          expect(await at.world.first.commit(batch)).toMatchObject({
            type: 'done',
            verdicts: [committed, committed],
          })
          expect((await read()).conversation).toMatchObject({ version: 2, lastSeq: 1 })
          expect(await at.world.outbox.unpublished(atMs + 1, 10)).toHaveLength(1)
        },
      )
    })
  })
}
