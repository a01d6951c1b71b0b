// What every chat log keeps, whatever it is made of: all that a change may hold is read again as it was.
import { describe, expect, test } from 'vitest'
import { uuidv7 } from '../../platform/ids.ts'
import type { MessageView } from '../../protocol/chat.ts'
import { answerKey, type OpenCase, reactionKey } from '../core/conversation.ts'
import {
  after,
  atMs,
  changeOf,
  conversationOf,
  idAt,
  memberOf,
  messageOf,
  opening,
  roomOf,
  sending,
  wantedOf,
} from '../testing/changes.ts'
import { type ChatWorld, worldPerTest } from '../testing/chat-world.ts'

export function describeChatFacts(name: string, make: () => Promise<ChatWorld>): void {
  describe(`${name} as a keeper of conversations`, () => {
    const at = worldPerTest(make)
    const { commit, read, opened } = at

    test('a conversation with everything it may have', async () => {
      const offer = messageOf(at.conversationId, 1, {
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
      const conversation = conversationOf(at.conversationId, {
        lastSeq: 1,
        lastMessageId: offer.view.messageId,
        lastMessageSeq: 1,
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
        { ...conversationOf(at.conversationId, { lastSeq: 2 }), version: 1 },
        { members: [memberOf('ann', { joinedSeq: 1 })] },
      )
      await commit(closed)
      expect((await read()).conversation).toEqual(after(closed))
      expect((await read()).members.get('ann')).toEqual(memberOf('ann', { joinedSeq: 1 }))
      expect((await read()).messages.size).toBe(0)
    })

    test('of a room only those members are read whom somebody asks for', async () => {
      const members = ['ann', 'bob', 'eve'].map((userId) =>
        memberOf(userId, { role: 'participant' }),
      )
      const change = changeOf(roomOf(at.conversationId), { members })
      await commit(change)
      const facts = await read({ userIds: ['bob', 'new'] })
      expect(facts.conversation).toEqual(after(change))
      expect([...facts.members.keys()]).toEqual(['bob'])
      expect([...facts.people.keys()].toSorted()).toEqual(['bob', 'new'])
    })

    test('when somebody last spoke in a room, where people have to pause or are told to', async () => {
      const room = roomOf(at.conversationId)
      const said = (seq: number, senderId: string, changes: Partial<MessageView> = {}) =>
        messageOf(at.conversationId, seq, {
          senderId,
          at: atMs + seq,
          messageId: idAt(atMs, seq),
          ...changes,
        })
      const deleted = { ...said(2, 'ann', { text: '', deleted: true }), state: 'deleted' } as const
      const messages = [
        said(1, 'ann'),
        deleted,
        said(3, 'bob'),
        said(4, 'shop', { kind: 'system' }),
      ]
      const change = changeOf(room, { messages })
      await commit(change)
      const userIds = ['ann', 'shop', 'new']
      expect((await read({ userIds })).spokeAtMs).toEqual(new Map())
      const spoke = new Map([['ann', atMs + 2]])
      expect((await read({ userIds, mayStartSlowMode: true })).spokeAtMs).toEqual(spoke)
      await commit(changeOf({ ...after(change), slowModeMs: 3_000 }))
      expect((await read({ userIds })).spokeAtMs).toEqual(spoke)
    })

    test('when somebody last spoke, unless that was too long ago to matter', async () => {
      const weeksLaterMs = atMs + 21 * 24 * 3_600_000
      const said = (seq: number, senderId: string, sentAtMs: number) =>
        messageOf(at.conversationId, seq, {
          senderId,
          at: sentAtMs,
          messageId: idAt(sentAtMs, seq),
        })
      const room = { ...roomOf(at.conversationId), slowModeMs: 3_000 }
      const messages = [said(1, 'ann', atMs), said(2, 'bob', weeksLaterMs)]
      await commit(changeOf({ ...room, lastMessageAtMs: weeksLaterMs }, { messages }))
      const userIds = ['ann', 'bob']
      const spoke = [
        ['ann', atMs],
        ['bob', weeksLaterMs],
      ] as const
      for (const [spokeFromMs, expected] of [
        [atMs, spoke],
        [weeksLaterMs - 300_000, spoke.slice(1)],
        [weeksLaterMs + 300_000, []],
      ] as const) {
        expect((await read({ userIds, spokeFromMs })).spokeAtMs).toEqual(new Map(expected))
      }
    })

    test('messages as they were changed, wherever they stand', async () => {
      const held = messageOf(at.conversationId, 0)
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
      await commit(changeOf(after(sent), { changedMessages: [deleted, released, edited] }))
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
      const held = messageOf(at.conversationId, 0)
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
      const [elsewhere] = await at.world.first.read([wantedOf(uuidv7(), { caseIds })])
      expect(elsewhere?.cases.size).toBe(0)
    })

    test('a case that is opened anew, as nobody knew that it was opened, is the same case', async () => {
      const caseId = uuidv7()
      const report = {
        caseId,
        kind: 'report',
        reportedBy: 'sam',
        reason: 'spam',
        rules: [],
      } as const
      const change = changeOf(await opened(), { casesOpened: [report] })
      await commit(change)
      expect(await commit(changeOf(after(change), { casesOpened: [report] }))).toMatchObject([
        { type: 'committed' },
      ])
      expect((await read({ caseIds: [caseId] })).cases.size).toBe(1)
    })

    test('in a room, whoever sent the message of a case is read with it', async () => {
      const held = messageOf(at.conversationId, 0, { senderId: 'bob' })
      const bob = memberOf('bob', { role: 'participant' })
      const caseId = uuidv7()
      const heldCase = { caseId, kind: 'held', messageId: held.view.messageId, rules: [] } as const
      await commit(
        changeOf(roomOf(at.conversationId), {
          members: [bob, memberOf('eve', { role: 'participant' })],
          messages: [held],
          casesOpened: [heldCase],
        }),
      )
      const facts = await read({ caseIds: [caseId], userIds: ['mod'] })
      expect(facts.members).toEqual(new Map([['bob', bob]]))
      expect([...facts.people.keys()]).toEqual(expect.arrayContaining(['bob', 'mod']))
    })

    test('facts of many conversations come in the order asked', async () => {
      const ids = Array.from({ length: 12 }, () => uuidv7())
      await commit(...ids.map((id) => sending(conversationOf(id), 2)))
      const asked = [...ids.toReversed(), uuidv7()]
      const facts = await at.world.second.read(
        asked.map((id) => wantedOf(id, { userIds: [`only ${id}`] })),
      )
      expect(facts.map((one) => one.conversationId)).toEqual(asked)
      expect(facts.map(({ conversation }) => conversation?.conversationId)).toEqual([
        ...ids.toReversed(),
        undefined,
      ])
      expect(facts.map(({ people }) => people.has('ann'))).toEqual(asked.map(() => false))
      expect(facts.map(({ people }, nth) => people.has(`only ${asked[nth]}`))).toEqual(
        asked.map(() => true),
      )
    })

    test('conversations with something due, the longest due first', async () => {
      const ids = [uuidv7(), uuidv7(), uuidv7()]
      const changes = ids.map((id, nth) =>
        changeOf(conversationOf(id), { dueMs: atMs + 30 - 10 * nth }),
      )
      await commit(...changes, opening(conversationOf(at.conversationId)))
      expect(await at.world.first.due(atMs + 10, 10)).toEqual([])
      expect(await at.world.first.due(atMs + 11, 10)).toEqual(ids.slice(2))
      expect(await at.world.first.due(atMs + 60, 10)).toEqual(ids.toReversed())
      expect(await at.world.first.due(atMs + 60, 2)).toEqual(ids.toReversed().slice(0, 2))
      await commit(...changes.map((change) => changeOf(after(change))))
      expect(await at.world.first.due(atMs + 60, 10)).toEqual([])
    })
  })
}
