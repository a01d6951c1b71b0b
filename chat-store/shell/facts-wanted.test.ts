import { expect, test } from 'vitest'
import { uuidv7 } from '../../platform/ids.ts'
import { SlowMode } from '../../protocol/chat-requests.ts'
import { slowModeMsMax } from '../core/limits.ts'
import { actor, mark, open, say } from '../testing/commands.ts'
import { factsWanted } from './facts-wanted.ts'

const conversationId = uuidv7()
const nowMs = Date.UTC(2026, 0, 15, 12)

test('each fact is asked for once, whoever needs it', () => {
  const quoted = uuidv7()
  const one = say(conversationId, 'bea', 'Is it new?')
  const other = say(conversationId, 'bea', 'Is it?')
  const quoting = { ...other, content: { ...other.content, replyTo: quoted } }
  const edit = {
    type: 'edit_message',
    conversationId,
    actor: actor('sam'),
    messageId: quoted,
    text: 'As new.',
  } as const
  const wanted = factsWanted(
    conversationId,
    [one, quoting, edit, mark(conversationId, 'sam', {})],
    nowMs,
  )
  expect(wanted).toEqual({
    conversationId,
    userIds: ['bea', 'sam'],
    messageIds: [quoted],
    attachmentIds: [],
    caseIds: [],
    commands: [
      { actorId: 'bea', commandId: one.clientMessageId },
      { actorId: 'bea', commandId: other.clientMessageId },
    ],
    mayStartSlowMode: false,
    spokeFromMs: nowMs - 300_000,
  })
})

test('where slow mode may begin, when people last spoke is asked for', () => {
  const slows = { conversationId, actor: actor('sam'), slowModeMs: 10_000 }
  const wanted = factsWanted(conversationId, [{ type: 'set_slow_mode', ...slows }], nowMs)
  expect(wanted.mayStartSlowMode).toBe(true)
})

test('when people last spoke is asked for as far back as anybody may have to pause', () => {
  const maySet = (slowModeMs: number) => SlowMode.safeParse({ conversationId, slowModeMs }).success
  expect([maySet(slowModeMsMax), maySet(slowModeMsMax + 1)]).toEqual([true, false])
  expect(factsWanted(conversationId, [], nowMs).spokeFromMs).toBe(nowMs - slowModeMsMax)
})

test('whoever opens a conversation, both who will be in it are asked for', () => {
  const wanted = factsWanted(
    conversationId,
    [{ ...open(conversationId), actor: actor('shop') }],
    nowMs,
  )
  expect(wanted.userIds.toSorted()).toEqual(['bea', 'sam', 'shop'])
})

test('what happens by itself concerns nobody in particular', () => {
  const messageId = uuidv7()
  const wanted = factsWanted(
    conversationId,
    [
      { type: 'wake', conversationId },
      { type: 'erase_message', conversationId, messageId },
    ],
    nowMs,
  )
  expect(wanted).toMatchObject({ userIds: [], messageIds: [messageId], commands: [] })
})
