import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { uuidv7 } from '../../platform/ids.ts'
import { waitFor } from '../../platform/testing/wait-for.ts'
import type { HouseCommand } from '../../protocol/chat-store.ts'
import type { ModerationRule } from '../../protocol/moderation.ts'
import { blockChangesSubject, rulesHintSubject } from '../../protocol/subjects.ts'
import { rulesPeriodMs } from '../limits.ts'
import { actor, say } from '../testing/commands.ts'
import { ChatRoom } from '../testing/running-store.ts'
import type { ChatStore } from './chat-store.ts'

let room: ChatRoom
let stores: ChatStore[]

beforeEach(async () => {
  room = new ChatRoom()
  stores = [await room.store(), await room.store()]
})
afterEach(async () => {
  for (const store of stores) await store.stop()
  expect(room.clock.pending, 'no timer is left behind').toBe(0)
})

const noCaravans: ModerationRule = {
  ruleId: 'no-caravans',
  kind: 'words',
  words: ['caravan'],
  verdict: 'refuse',
  says: 'We do not deal in caravans.',
  enabled: true,
}

const setRules = (...rules: ModerationRule[]): HouseCommand => ({
  type: 'set_moderation_rules',
  actor: actor('mia', 'admin'),
  rules,
})

/** What each store makes of the same text. */
async function verdicts(conversationId: string, text: string): Promise<unknown[]> {
  const outcomes = []
  for (const store of stores) outcomes.push(await store.submit(say(conversationId, 'bea', text)))
  return outcomes.map((each) => (each?.outcome === 'refused' ? each.code : each?.outcome))
}

describe('the rules of moderation', () => {
  test('judge in every store from the moment they are set, without a restart', async () => {
    const conversationId = await room.opened()
    expect(await verdicts(conversationId, 'a caravan')).toEqual(['accepted', 'accepted'])
    expect(await room.askHouse(setRules(noCaravans))).toMatchObject({ outcome: 'accepted' })
    await room.clock.advanceAsync(0)
    expect(await verdicts(conversationId, 'a caravan')).toEqual([
      'refused_by_rule',
      'refused_by_rule',
    ])
    await room.askHouse(setRules())
    await room.clock.advanceAsync(0)
    expect(await verdicts(conversationId, 'a caravan')).toEqual(['accepted', 'accepted'])
  })

  test('are found without a hint after a while', async () => {
    const conversationId = await room.opened()
    await room.house.setRules([noCaravans], 'mia', 0)
    await room.clock.advanceAsync(rulesPeriodMs)
    expect(await verdicts(conversationId, 'a caravan')).toEqual([
      'refused_by_rule',
      'refused_by_rule',
    ])
  })

  test('I16: that can not be applied are left out, and the others judge', async () => {
    const conversationId = await room.opened()
    const broken = { ...noCaravans, ruleId: 'broken', words: undefined } as unknown
    await room.house.setRules([broken as ModerationRule, noCaravans], 'mia', 0)
    room.bus.publish(rulesHintSubject, {})
    await room.clock.advanceAsync(0)
    expect(await verdicts(conversationId, 'a caravan')).toEqual([
      'refused_by_rule',
      'refused_by_rule',
    ])
    expect(await verdicts(conversationId, 'a tent')).toEqual(['accepted', 'accepted'])
    expect(room.logged.join('')).toContain('"ruleId":"broken"')
  })

  test('find the same text in many conversations', async () => {
    await room.askHouse(
      setRules({
        ruleId: 'spam',
        kind: 'repeated_text',
        conversations: 3,
        verdict: 'refuse',
        says: 'Enough of this.',
        enabled: true,
      }),
    )
    await room.clock.advanceAsync(0)
    const [store] = stores
    const spam = 'The very best watches at the very best price'
    const outcomes = []
    for (let nth = 0; nth < 3; nth += 1) {
      const conversationId = await room.opened()
      outcomes.push(await store?.submit(say(conversationId, 'bea', spam)))
      outcomes.push(await store?.submit(say(conversationId, 'bea', spam)))
    }
    expect(outcomes.map((each) => each?.outcome)).toEqual([
      'accepted',
      'accepted',
      'accepted',
      'accepted',
      'refused',
      'refused',
    ])
  })
})

describe('who may command the house', () => {
  const silence = { userId: 'eve', until: null }
  const commands: readonly (readonly [HouseCommand['type'], HouseCommand, readonly string[]])[] = [
    ['silence', { type: 'silence', actor: actor(''), silence }, ['moderator', 'service', 'admin']],
    ['set_moderation_rules', setRules(), ['service', 'admin']],
    ['erase_user', { type: 'erase_user', actor: actor(''), userId: 'eve' }, ['service', 'admin']],
  ]
  test.each(commands)('%s', async (_, command, allowed) => {
    const roles = ['seller', 'auctioneer', 'moderator', 'service', 'admin'] as const
    for (const role of roles) {
      const outcome = await room.askHouse({ ...command, actor: actor('zoe', role) })
      const expected = allowed.includes(role)
        ? { outcome: 'accepted' }
        : { outcome: 'refused', code: 'not_permitted' }
      expect(outcome, role).toMatchObject(expected)
    }
    const outcome = await room.askHouse({ ...command, actor: actor('zoe') })
    expect(outcome).toMatchObject({ code: 'not_permitted' })
  })
})

describe('what users settle for themselves', () => {
  test('I24: whom they block can not write to them, and every gateway hears of it', async () => {
    const conversationId = await room.opened()
    const changes: unknown[] = []
    await room.bus.listen(blockChangesSubject, (change) => {
      changes.push(change)
    })
    const block = { type: 'block', actor: actor('sam'), userId: 'bea' } as const
    expect(await room.askHouse(block)).toMatchObject({ outcome: 'accepted' })
    expect(await verdicts(conversationId, 'Hello?')).toEqual(['blocked', 'blocked'])
    await room.askHouse({ ...block, type: 'unblock' })
    expect(await verdicts(conversationId, 'Hello?')).toEqual(['accepted', 'accepted'])
    await waitFor(() => changes.length === 2)
    expect(changes).toEqual([
      { blockerId: 'sam', blockedId: 'bea', blocked: true },
      { blockerId: 'sam', blockedId: 'bea', blocked: false },
    ])
  })

  test('without an object store nothing is attached', async () => {
    const outcome = await room.askHouse({
      type: 'create_attachment',
      actor: actor('bea'),
      attachmentId: uuidv7(),
      conversationId: uuidv7(),
      fileName: 'lamp.jpg',
      contentType: 'image/jpeg',
      bytes: 1_000,
    })
    expect(outcome).toMatchObject({ outcome: 'refused', code: 'not_permitted' })
  })
})

test.each([
  ['is away', Object.assign(new Error('away'), { code: 'ECONNRESET' }), 'outcome_unknown'],
  ['will never do it', Object.assign(new Error('a secret'), { code: '22021' }), 'internal'],
])('where the database %s the answer says so', async (_, error, code) => {
  room.house.requestErasure = () => Promise.reject(error)
  const outcome = await room.askHouse({
    type: 'erase_user',
    actor: actor('shop', 'service'),
    userId: 'eve',
  })
  expect(outcome).toMatchObject({ code })
  expect(room.logged.join('')).not.toContain('a secret')
})
