// What every chat log promises, whatever it is made of.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { uuidv7 } from '../../platform/ids.ts'
import type { ConversationChange } from '../core/change.ts'
import { answerKey, type Facts, type OpenCase, reactionKey } from '../core/conversation.ts'
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
import type { ChatHouse } from './chat-house.ts'
import type { ChatBatch, ChatCommitResult, ChatLog } from './chat-log.ts'
import type { ChatOutbox } from './chat-outbox.ts'

/** Two stores on the same tables: what the one does, the other must live with. */
export interface ChatWorld {
  readonly first: ChatLog
  readonly second: ChatLog
  readonly outbox: ChatOutbox
  readonly house: ChatHouse
  /** Commits through a connection that is lost, after the commit took effect or before. */
  commitAndLose(batch: ChatBatch, when: 'before' | 'after'): Promise<ChatCommitResult>
  /** As if everybody had been notified of everything. */
  notifyAll(): Promise<void>
  close(): Promise<void>
}

const committed = { type: 'committed' }
const conflict = { type: 'conflict' }
const faults = [
  ['NUL', 'a\0b'],
  ['half of a surrogate pair', 'a\ud83d'],
] as const

export function describeChatLog(name: string, make: () => Promise<ChatWorld>): void {
  describe(`${name} as a log of conversations`, () => {
    let world: ChatWorld
    let conversationId: string

    beforeEach(async () => {
      world = await make()
      conversationId = uuidv7()
    })
    afterEach(() => world.close())

    async function commit(...changes: ConversationChange[]) {
      const result = await world.first.commit(batchOf(...changes))
      if (result.type !== 'done') throw new Error(result.type, { cause: result })
      return result.verdicts
    }

    async function read(wanted: Parameters<typeof wantedOf>[1] = {}): Promise<Facts> {
      const [facts] = await world.second.read([wantedOf(conversationId, wanted)])
      if (facts === undefined) throw new Error('no facts were given')
      return facts
    }

    /** A direct conversation of Ann and Sam, as stored. */
    async function opened() {
      const change = opening(conversationOf(conversationId))
      await commit(change)
      return after(change)
    }

    describe('versions', () => {
      test('what was never stored is read as absent, those who ask as people of whom nothing is known', async () => {
        expect(await read()).toEqual(noFacts(conversationId))
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
        const [other] = await world.first.read([wantedOf(otherId)])
        expect(other?.conversation?.version).toBe(1)
      })

      test('a change of a conversation that does not exist is a conflict', async () => {
        expect(await commit(sending(conversationOf(conversationId, { version: 3 })))).toEqual([
          conflict,
        ])
        expect(await read()).toEqual(noFacts(conversationId))
      })

      test('one that exists is not made again', async () => {
        const conversation = await opened()
        expect(await commit(sending(conversationOf(conversationId), 3))).toEqual([conflict])
        expect((await read()).conversation).toEqual(conversation)
      })

      test('the same batch, written again, takes effect once', async () => {
        const conversation = await opened()
        const batch = batchOf(sending(conversation), opening(conversationOf(uuidv7())))
        await world.first.commit(batch)
        expect(await world.second.commit(batch)).toMatchObject({
          type: 'done',
          verdicts: [committed, committed],
        })
        expect((await read()).conversation).toMatchObject({ version: 2, lastSeq: 1 })
        expect(await world.outbox.unpublished(atMs + 1, 10)).toHaveLength(1)
      })

      test('two stores that make the same conversations at once: one does, the other conflicts', async () => {
        for (let round = 0; round < 20; round += 1) {
          const ids = Array.from({ length: 4 }, () => uuidv7())
          const made = (order: readonly string[]) =>
            batchOf(...order.map((id) => opening(conversationOf(id))))
          const [one, other] = await Promise.all([
            world.first.commit(made(ids)),
            world.second.commit(made(ids.toReversed())),
          ])
          if (one.type !== 'done' || other.type !== 'done')
            throw new Error(JSON.stringify([one, other]))
          const both = one.verdicts.map(({ type }, at) => [type, other.verdicts.at(-1 - at)?.type])
          expect(both.map((types) => types.toSorted())).toEqual(
            ids.map(() => ['committed', 'conflict']),
          )
        }
      })

      test('I19: batches that overlap in any order never wait for each other in a circle', async () => {
        const ids = Array.from({ length: 8 }, () => uuidv7())
        await commit(...ids.map((id) => opening(conversationOf(id))))
        const sendAll = async (log: ChatLog, order: readonly string[]) => {
          let sent = 0
          for (let round = 0; round < 25; round += 1) {
            const facts = await log.read(order.map((id) => wantedOf(id)))
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
        const sent = await Promise.all([
          sendAll(world.first, ids),
          sendAll(world.second, ids.toReversed()),
          sendAll(
            world.first,
            ids.toSorted(() => 1),
          ),
        ])
        const facts = await world.first.read(ids.map((id) => wantedOf(id)))
        const stored = facts.map(({ conversation }) => conversation?.lastSeq ?? 0)
        expect(stored.reduce((sum, seq) => sum + seq)).toBe(sent.reduce((sum, one) => sum + one))
      })
    })

    describe('what goes wrong', () => {
      test.each(faults)(
        'text with %s can not be stored, nor anything beside it',
        async (_, text) => {
          const conversation = await opened()
          const unstorable = changeOf(conversation, {
            messages: [messageOf(conversationId, 1, { text })],
          })
          const beside = opening(conversationOf(uuidv7()))
          const result = await world.first.commit(batchOf(beside, unstorable))
          expect(result.type).toBe('unstorable')
          expect((await read()).conversation).toEqual(conversation)
          const [other] = await world.first.read([wantedOf(beside.conversation.conversationId)])
          expect(other?.conversation).toBeUndefined()

          const draft = changeOf(conversation, { members: [memberOf('ann', { draft: text })] })
          expect((await world.first.commit(batchOf(draft))).type).toBe('unstorable')
          // The log is as good as before.
          expect(await commit(sending(conversation))).toMatchObject([committed])
        },
      )

      test('a command that is answered twice is a fault, and nothing of it is written', async () => {
        const sent = sending(await opened())
        await commit(sent)
        const again = { ...sending(after(sent)), answers: sent.answers }
        expect((await world.first.commit(batchOf(again))).type).toBe('unstorable')
        expect((await read()).conversation).toEqual(after(sent))
      })

      test.each(['before', 'after'] as const)(
        'a commit whose connection is lost %s it took effect is in doubt, and the same batch settles it',
        async (when) => {
          const batch = batchOf(sending(await opened()), opening(conversationOf(uuidv7())))
          expect((await world.commitAndLose(batch, when)).type).toBe('in_doubt')
          expect(await world.first.commit(batch)).toMatchObject({
            type: 'done',
            verdicts: [committed, committed],
          })
          expect((await read()).conversation).toMatchObject({ version: 2, lastSeq: 1 })
          expect(await world.outbox.unpublished(atMs + 1, 10)).toHaveLength(1)
        },
      )
    })

    describe('what is kept', () => {
      test('a conversation with everything it may have', async () => {
        const offer = messageOf(conversationId, 1, {
          kind: 'offer',
          text: '',
          offer: {
            offerId: uuidv7(),
            by: 'ann',
            amount: 12_00,
            currency: 'EUR',
            state: 'open',
            expiresAt: atMs + 5_000,
          },
        })
        const conversation = conversationOf(conversationId, {
          lastSeq: 1,
          lastMessageId: offer.view.messageId,
          lastMessageAtMs: atMs + 1,
          slowModeMs: 3_000,
          openOfferId: offer.view.messageId,
          legalHold: true,
        })
        const ann = memberOf('ann', {
          joinedSeq: 1,
          deliveredSeq: 4,
          readSeq: 3,
          toldDeliveredSeq: 2,
          toldReadSeq: 1,
          toldAtMs: atMs,
          mutedUntilMs: atMs + 60_000,
          archived: true,
          pinned: true,
          draft: 'Naïve “draft”, \\ and {braces}',
          silencedUntilMs: atMs + 1,
          lastSentAtMs: atMs,
        })
        const change = changeOf(conversation, {
          members: [ann, memberOf('sam')],
          messages: [offer],
          dueMs: atMs + 5_000,
        })
        await commit(change)
        const facts = await read()
        expect(facts.conversation).toEqual(after(change))
        expect(facts.members).toEqual(
          new Map([
            ['ann', ann],
            ['sam', memberOf('sam')],
          ]),
        )
        // The message of the open offer comes unasked.
        expect(facts.messages).toEqual(new Map([[offer.view.messageId, offer]]))
        expect([...facts.people.keys()].toSorted()).toEqual(['ann', 'sam'])

        const closed = changeOf(
          { ...conversationOf(conversationId, { lastSeq: 2 }), version: 1 },
          { members: [memberOf('ann', { joinedSeq: 1 })] },
        )
        await commit(closed)
        expect((await read()).conversation).toEqual(after(closed))
        expect((await read()).members.get('ann')).toEqual(memberOf('ann', { joinedSeq: 1 }))
        expect((await read()).messages.size).toBe(0)
      })

      test('of a room only those members are read whom somebody asks for', async () => {
        const members = ['ann', 'bob', 'eve'].map((userId) =>
          memberOf(userId, { role: 'participant', lastSentAtMs: atMs }),
        )
        const change = changeOf(roomOf(conversationId), { members })
        await commit(change)
        const facts = await read({ userIds: ['bob', 'new'] })
        expect(facts.conversation).toEqual(after(change))
        expect([...facts.members.keys()]).toEqual(['bob'])
        expect([...facts.people.keys()].toSorted()).toEqual(['bob', 'new'])
      })

      test('messages as they were changed, wherever they stand', async () => {
        const held = messageOf(conversationId, 0)
        const sent = sending(await opened(), 2)
        await commit({ ...sent, messages: [...sent.messages, held] })
        const [first, second] = sent.messages
        if (first === undefined || second === undefined) throw new Error('two were sent')
        const deleted = {
          ...first,
          state: 'deleted',
          view: { ...first.view, text: '', deleted: true },
        } as const
        const released = { ...held, state: 'visible', view: { ...held.view, seq: 3 } } as const
        const edited = {
          ...second,
          sinceMs: atMs + 9,
          view: { ...second.view, text: 'Otherwise', editedAt: atMs + 9 },
        }
        await commit(changeOf(after(sent), { messages: [deleted, released, edited] }))
        const messageIds = [deleted, released, edited].map(({ view }) => view.messageId)
        const facts = await read({ messageIds: [...messageIds, uuidv7()] })
        expect(facts.messages).toEqual(
          new Map([deleted, released, edited].map((message) => [message.view.messageId, message])),
        )
        expect((await read({ messageIds: messageIds.slice(0, 1) })).messages.size).toBe(1)
      })

      test('the first answers to commands, by who sent them', async () => {
        const sent = sending(await opened(), 3)
        await commit(sent)
        const [, answer] = sent.answers
        if (answer === undefined) throw new Error('three were sent')
        const { actorId, commandId, fingerprint, reply } = answer
        const facts = await read({ commands: [answer, { actorId: 'sam', commandId }] })
        expect(facts.answers).toEqual(
          new Map([[answerKey(commandId, actorId), { fingerprint, reply }]]),
        )
      })

      test('reactions, until they are taken back', async () => {
        const messageId = uuidv7()
        const otherId = uuidv7()
        const react = (userId: string, emoji: readonly string[], to = messageId) => ({
          messageId: to,
          userId,
          emoji,
        })
        const reacted = changeOf(await opened(), {
          reactions: [react('ann', ['👍', '🎉', '"\\{']), react('sam', ['👍'])],
        })
        await commit(reacted)
        const wanted = { messageIds: [messageId, otherId], userIds: ['ann', 'sam'] }
        expect((await read(wanted)).reactions).toEqual(
          new Map([
            [reactionKey(messageId, 'ann'), ['👍', '🎉', '"\\{']],
            [reactionKey(messageId, 'sam'), ['👍']],
          ]),
        )
        const changed = changeOf(after(reacted), {
          reactions: [
            react('ann', []),
            react('sam', ['🌴']),
            react('sam', [], otherId),
            react('ann', ['🌵'], otherId),
          ],
        })
        await commit(changed)
        expect((await read(wanted)).reactions).toEqual(
          new Map([
            [reactionKey(messageId, 'sam'), ['🌴']],
            [reactionKey(otherId, 'ann'), ['🌵']],
          ]),
        )
        expect((await read({ ...wanted, userIds: ['ann'] })).reactions.size).toBe(1)
      })

      test('cases until they are decided, each with its message', async () => {
        const held = messageOf(conversationId, 0)
        const { messageId } = held.view
        const heldCase = { caseId: uuidv7(), kind: 'held', messageId } as const
        const report = { caseId: uuidv7(), kind: 'report' } as const
        const change = changeOf(await opened(), {
          messages: [held],
          casesOpened: [
            { ...heldCase, rules: ['links', 'words'] },
            { ...report, reportedBy: 'sam', reason: 'spam', note: 'Again', rules: [] },
          ],
        })
        await commit(change)
        const caseIds = [heldCase.caseId, report.caseId, uuidv7()]
        const facts = await read({ caseIds })
        const open: OpenCase[] = [heldCase, report]
        expect(facts.cases).toEqual(new Map(open.map((found) => [found.caseId, found])))
        expect(facts.messages).toEqual(new Map([[messageId, held]]))

        const decided = { caseId: heldCase.caseId, decision: 'release', decidedBy: 'mod' }
        await commit(changeOf(after(change), { casesDecided: [decided] }))
        expect([...(await read({ caseIds })).cases.keys()]).toEqual([report.caseId])
        const [elsewhere] = await world.first.read([wantedOf(uuidv7(), { caseIds })])
        expect(elsewhere?.cases.size).toBe(0)
      })

      test('facts of many conversations come in the order asked', async () => {
        const ids = Array.from({ length: 12 }, () => uuidv7())
        await commit(...ids.map((id) => sending(conversationOf(id), 2)))
        const asked = [...ids.toReversed(), uuidv7()]
        const facts = await world.second.read(
          asked.map((id) => wantedOf(id, { userIds: [`only ${id}`] })),
        )
        expect(facts.map((one) => one.conversationId)).toEqual(asked)
        expect(facts.map(({ conversation }) => conversation?.conversationId)).toEqual([
          ...ids.toReversed(),
          undefined,
        ])
        expect(facts.map(({ people }) => people.has('ann'))).toEqual(asked.map(() => false))
        expect(facts.map(({ people }, at) => people.has(`only ${asked[at]}`))).toEqual(
          asked.map(() => true),
        )
      })

      test('conversations with something due, the longest due first', async () => {
        const ids = [uuidv7(), uuidv7(), uuidv7()]
        const changes = ids.map((id, nth) =>
          changeOf(conversationOf(id), { dueMs: atMs + 30 - 10 * nth }),
        )
        await commit(...changes, opening(conversationOf(conversationId)))
        expect(await world.first.due(atMs + 10, 10)).toEqual([])
        expect(await world.first.due(atMs + 11, 10)).toEqual(ids.slice(2))
        expect(await world.first.due(atMs + 60, 10)).toEqual(ids.toReversed())
        expect(await world.first.due(atMs + 60, 2)).toEqual(ids.toReversed().slice(0, 2))
        await commit(...changes.map((change) => changeOf(after(change))))
        expect(await world.first.due(atMs + 60, 10)).toEqual([])
      })
    })
  })
}
