import { describe, expect, test } from 'vitest'
import type { ModerationRule } from '../../../protocol/moderation.ts'
import { callsOn } from '../../testing/calls.ts'
import {
  absentId,
  chatBookOf,
  chatStoreOf,
  conversationId,
  messageId,
} from '../../testing/conversations.ts'
import { caller, identity, noonMs } from '../../testing/people.ts'

const ann = caller(identity('ann'))
const moderator = caller(identity('mo', 'moderator'))
const house = caller(identity('house', 'service'))
const caseId = '0193a000-0000-7000-8000-0000000000d1'
const denied = { kind: 'error', error: 'permission_denied' }

describe('a report', () => {
  test('opens a case of its own', async () => {
    const chatStore = chatStoreOf()
    const report = { messageId, reason: 'spam', note: 'again' }
    await callsOn({ chatStore })('chat.report', ann, { conversationId, ...report })
    expect(chatStore.asked).toEqual([
      {
        type: 'report',
        conversationId,
        actor: { userId: 'ann', roles: [] },
        caseId: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
        report,
      },
    ])
  })
})

describe('a decision', () => {
  const decision = { caseId, decision: 'release' }

  test('is brought to the conversation of the case', async () => {
    const chatStore = chatStoreOf()
    const chatBook = chatBookOf({
      caseConversation: async (id) => (id === caseId ? conversationId : undefined),
    })
    const call = callsOn({ chatStore, chatBook })
    expect(await call('moderation.decide', moderator, decision)).toMatchObject({
      outcome: { outcome: 'accepted' },
    })
    expect(chatStore.asked).toEqual([
      {
        type: 'decide_case',
        conversationId,
        actor: { userId: 'mo', roles: ['moderator'] },
        decision,
      },
    ])
    const other = await call('moderation.decide', moderator, { ...decision, caseId: absentId })
    expect(other).toMatchObject({
      outcome: { outcome: 'refused', code: 'case_decided', serverTime: noonMs },
    })
  })

  test('is not anybody’s', async () => {
    const chatStore = chatStoreOf()
    expect(await callsOn({ chatStore })('moderation.decide', ann, decision)).toEqual(denied)
    expect(chatStore.asked).toEqual([])
  })
})

describe('the house', () => {
  const words: ModerationRule = {
    ruleId: 'w',
    kind: 'words',
    verdict: 'hold',
    says: 'Not here.',
    words: ['moonshine'],
    enabled: true,
  }

  test('is told whom to silence, which rules to follow and whom to forget', async () => {
    const chatStore = chatStoreOf()
    const call = callsOn({ chatStore })
    await call('moderation.silence', moderator, { userId: 'ann', until: noonMs })
    await call('moderation.setRules', house, { rules: [words] })
    await call('user.erase', house, { userId: 'ann' })
    const actor = { userId: 'house', roles: ['service'] }
    expect(chatStore.asked).toEqual([
      {
        type: 'silence',
        silence: { userId: 'ann', until: noonMs },
        actor: { userId: 'mo', roles: ['moderator'] },
      },
      { type: 'set_moderation_rules', rules: [words], actor },
      { type: 'erase_user', userId: 'ann', actor },
    ])
  })

  test('tells the rules to those who keep order', async () => {
    const chatBook = chatBookOf({ rules: async () => [words] })
    const call = callsOn({ chatBook })
    expect(await call('moderation.rules', moderator, {})).toEqual({
      kind: 'data',
      data: { rules: [words] },
    })
    expect(await call('moderation.rules', ann, {})).toEqual(denied)
  })
})
