import { describe, expect, test } from 'vitest'
import type { MethodName } from '../../../protocol/methods.ts'
import { callsOn } from '../../testing/calls.ts'
import {
  absentId,
  attachmentId,
  chatBookOf,
  chatStoreOf,
  clientMessageId,
  conversationId,
  draftRoomId,
  messageId,
} from '../../testing/conversations.ts'
import { caller, identity, nobody } from '../../testing/people.ts'

/** Everything that can be asked about a conversation, with parameters that would do. */
const asked: Partial<Record<MethodName, object>> = {
  'chat.get': {},
  'chat.update': { pinned: true },
  'chat.mute': { until: null },
  'chat.slowMode': { slowModeMs: 0 },
  'chat.legalHold': { held: true },
  'chat.history': {},
  'chat.send': { clientMessageId, text: 'hello' },
  'chat.edit': { messageId, text: 'hello' },
  'chat.delete': { messageId },
  'chat.versions': { messageId },
  'chat.react': { messageId, emoji: [] },
  'chat.delivered': { upToSeq: 1 },
  'chat.read': { upToSeq: 1 },
  'chat.offer': { clientMessageId, action: 'accept', offerId: messageId },
  'chat.report': { reason: 'spam' },
  'attachment.create': { fileName: 'a.png', contentType: 'image/png', bytes: 1 },
}
const methods = Object.keys(asked) as MethodName[]
const strangers = [
  caller(identity('zoe')),
  caller(identity('tom', 'seller', 'auctioneer')),
  nobody,
] as const

describe.each(methods)('I23: %s', (method) => {
  test('tells strangers as much of a conversation of others, of a room they may not see and of none', async () => {
    const chatStore = chatStoreOf()
    const call = callsOn({ chatStore })
    for (const stranger of strangers) {
      const answers = []
      for (const id of [conversationId, draftRoomId, absentId]) {
        const answer = await call(method, stranger, { ...asked[method], conversationId: id })
        answers.push(JSON.stringify(answer).replaceAll(id, 'the conversation'))
      }
      expect(new Set(answers).size).toBe(1)
      const expected = stranger === nobody ? '"unauthorized"' : '"code":"not_member"'
      expect(answers[0]).toContain(expected)
    }
    expect(chatStore.asked).toEqual([])
  })
})

test('I23: an attachment of others, one that was not sent and none at all are alike', async () => {
  const sent = {
    attachmentId,
    conversationId,
    fileName: 'a.png',
    contentType: 'image/png',
    bytes: 1,
  }
  const chatBook = chatBookOf({
    attachment: async (id) => (id === attachmentId ? sent : undefined),
  })
  const call = callsOn({ chatBook })
  for (const stranger of strangers) {
    const [others, none] = await Promise.all(
      [attachmentId, absentId].map((id) => call('attachment.get', stranger, { attachmentId: id })),
    )
    expect(others).toEqual(none)
  }
  expect(await call('attachment.get', caller(identity('ann')), { attachmentId })).toMatchObject({
    kind: 'data',
    data: { attachmentId, url: `https://objects.example/${attachmentId}` },
  })
})
