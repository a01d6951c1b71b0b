// What every house promises, and what it means for the conversations of those whom it is about.
import { describe, expect, test } from 'vitest'
import { uuidv7 } from '../../platform/ids.ts'
import type { ModerationRule } from '../../protocol/moderation.ts'
import {
  after,
  atMs,
  changeOf,
  conversationOf,
  memberOf,
  opening,
  roomOf,
  sending,
} from '../testing/changes.ts'
import { type ChatWorld, worldPerTest } from '../testing/chat-world.ts'

function rule(ruleId: string): ModerationRule {
  return {
    ruleId,
    kind: 'words',
    words: ['cash', 'naïve “quotes” \\'],
    verdict: 'hold',
    says: 'Not here.',
    enabled: true,
  }
}

export function describeChatHouse(name: string, make: () => Promise<ChatWorld>): void {
  describe(`${name} as a house`, () => {
    const at = worldPerTest(make)
    const { commit, read, opened } = at

    /** What of the facts tells who has blocked whom. */
    async function blocks(userIds: readonly string[] = []) {
      const { people } = await read({ userIds })
      return new Map([...people].map(([userId, person]) => [userId, [...person.blocks]]))
    }

    test('I24: a block is read with the conversation, and what was decided before it is not committed', async () => {
      const conversation = await opened()
      expect(await at.world.house.block('ann', 'sam', atMs)).toBe(true)
      expect(await at.world.house.block('ann', 'sam', atMs)).toBe(false)
      expect(await commit(sending(conversation))).toEqual([{ type: 'conflict' }])
      expect((await read()).conversation?.version).toBe(2)
      expect(await blocks()).toEqual(
        new Map([
          ['ann', ['sam']],
          ['sam', []],
        ]),
      )

      expect(await at.world.house.unblock('ann', 'sam')).toBe(true)
      expect(await at.world.house.unblock('ann', 'sam')).toBe(false)
      expect((await read()).conversation?.version).toBe(3)
      expect((await blocks()).get('ann')).toEqual([])
    })

    test('a block is known before there is a conversation, and counts for nobody else', async () => {
      await at.world.house.block('sam', 'ann', atMs)
      await at.world.house.block('sam', 'eve', atMs)
      expect(await blocks(['ann', 'sam'])).toEqual(
        new Map([
          ['ann', []],
          ['sam', ['ann']],
        ]),
      )
      await opened()
      // Eve asks for what is not hers: that Sam has blocked her is nobody's business here.
      expect((await blocks(['eve'])).get('sam')).toEqual(['ann'])
    })

    test('a block changes nothing of other conversations, nor of rooms', async () => {
      const room = changeOf(roomOf(at.conversationId), {
        members: [memberOf('ann'), memberOf('sam')],
      })
      await commit(room)
      await at.world.house.block('ann', 'sam', atMs)
      expect((await read()).conversation?.version).toBe(1)
      expect((await blocks(['ann', 'sam'])).get('ann')).toEqual([])
    })

    test('blocks of many at once, while batches are committed, wait for nobody in a circle', async () => {
      const changes = Array.from({ length: 6 }, () => opening(conversationOf(uuidv7())))
      await commit(...changes)
      const blocking = async () => {
        for (let round = 0; round < 10; round += 1) {
          await at.world.house.block('ann', 'sam', atMs)
          await at.world.house.unblock('ann', 'sam')
        }
      }
      const sendingOn = async () => {
        for (let round = 0; round < 20; round += 1)
          await commit(...changes.toReversed().map((change) => sending(after(change))))
      }
      await Promise.all([blocking(), sendingOn(), blocking()])
      expect(await at.world.house.unblock('ann', 'sam')).toBe(false)
    })

    test('who hides its read marks is known wherever it acts', async () => {
      await opened()
      await at.world.house.setHidesReadMarks('ann', true)
      await at.world.house.setHidesReadMarks('eve', true)
      const { people } = await read({ userIds: ['eve'] })
      const hides = [...people].map(([userId, { hidesReadMarks }]) => [userId, hidesReadMarks])
      expect(new Map(hides as [string, boolean][])).toEqual(
        new Map([
          ['ann', true],
          ['sam', false],
          ['eve', true],
        ]),
      )
      await at.world.house.setHidesReadMarks('ann', false)
      expect((await read()).people.get('ann')?.hidesReadMarks).toBe(false)
    })

    test('a user is silenced everywhere, until it is not', async () => {
      const until = atMs + 60_000
      await at.world.house.setHidesReadMarks('ann', true)
      await at.world.house.silence({ userId: 'ann', until }, 'mod', atMs)
      const silenced = { hidesReadMarks: true, silencedUntilMs: until, blocks: new Set() }
      expect((await read({ userIds: ['ann'] })).people.get('ann')).toEqual(silenced)
      await at.world.house.silence({ userId: 'ann', until: null }, 'mod', atMs)
      expect((await read({ userIds: ['ann'] })).people.get('ann')).toEqual({
        hidesReadMarks: true,
        blocks: new Set(),
      })
    })

    test('what was decided before a member was silenced everywhere is not committed', async () => {
      const conversation = await opened()
      await at.world.house.silence({ userId: 'eve', until: atMs + 60_000 }, 'mod', atMs)
      expect((await read()).conversation).toEqual(conversation)
      await at.world.house.silence({ userId: 'ann', until: atMs + 60_000 }, 'mod', atMs)
      expect(await commit(sending(conversation))).toEqual([{ type: 'conflict' }])
    })

    test('a member is silenced in one conversation; what was decided before is not committed', async () => {
      const conversation = await opened()
      const silence = { conversationId: at.conversationId, until: atMs + 60_000 }
      await at.world.house.silence({ ...silence, userId: 'ann' }, 'mod', atMs)
      await at.world.house.silence({ ...silence, userId: 'eve' }, 'mod', atMs)
      expect(await commit(sending(conversation))).toEqual([{ type: 'conflict' }])
      const facts = await read({ userIds: ['eve'] })
      const silenced = memberOf('ann', { silencedUntilMs: atMs + 60_000 })
      expect(facts.members.get('ann')).toEqual(silenced)
      expect(facts.people.get('ann')?.silencedUntilMs).toBeUndefined()
      // A stranger does not become a member by it.
      expect([...facts.members.keys()].toSorted()).toEqual(['ann', 'sam'])
      await at.world.house.silence({ ...silence, userId: 'ann', until: null }, 'mod', atMs)
      expect((await read()).members.get('ann')).toEqual(memberOf('ann'))
    })

    test('in a room somebody is silenced before it ever spoke', async () => {
      const room = changeOf({ ...roomOf(at.conversationId), lastSeq: 7 })
      await commit(room)
      const { conversationId } = at
      await at.world.house.silence({ userId: 'eve', conversationId, until: atMs }, 'mod', atMs)
      expect((await read({ userIds: ['eve'] })).members.get('eve')).toEqual(
        memberOf('eve', {
          role: 'participant',
          joinedSeq: 7,
          deliveredSeq: 7,
          readSeq: 7,
          silencedUntilMs: atMs,
        }),
      )
    })

    test('rules are replaced as a whole, and keep their order', async () => {
      expect(await at.world.house.rules()).toEqual([])
      const rules = ['c', 'a', 'b'].map(rule)
      await at.world.house.setRules(rules, 'mod', atMs)
      expect(await at.world.house.rules()).toEqual(rules)
      await at.world.house.setRules(rules.slice(1, 2), 'mod', atMs)
      expect(await at.world.house.rules()).toEqual([rule('a')])
    })

    test('an upload is settled once, and read wherever it is asked for', async () => {
      const attachment = {
        attachmentId: uuidv7(),
        conversationId: at.conversationId,
        ownerId: 'ann',
        fileName: 'palm “big”.jpg',
        contentType: 'image/jpeg',
        bytes: 123_456,
      }
      const { attachmentId } = attachment
      await at.world.house.addAttachment(attachment, atMs)
      const readAgain = async () =>
        (await read({ attachmentIds: [attachmentId, uuidv7()] })).attachments
      const pending = { ...attachment, state: 'pending' }
      expect(await readAgain()).toEqual(new Map([[attachmentId, pending]]))
      const refused = { state: 'refused', refusal: 'attachment_type' } as const
      await at.world.house.settleAttachment(attachmentId, refused)
      await at.world.house.settleAttachment(attachmentId, { state: 'ready' })
      const settled = { ...attachment, ...refused }
      expect(await readAgain()).toEqual(new Map([[attachmentId, settled]]))
      expect(await at.world.house.attachments([uuidv7(), attachmentId])).toEqual([settled])
    })
  })
}
