import { describe, expect, test } from 'vitest'
import type { ConversationCommand, HouseCommand } from '../../protocol/chat-store.ts'
import { chatCommandsSubject, houseCommandsSubject } from '../../protocol/subjects.ts'
import { overloadedRetryMs, verdictDeadlineMs } from '../limits.ts'
import { asking } from '../testing/asking.ts'
import {
  chatAcceptance,
  clientMessageId,
  conversationId,
  messageId,
} from '../testing/conversations.ts'
import { noonMs } from '../testing/people.ts'
import { createBusChatStore } from './bus-chat-store.ts'

const canary = 'the canary sings'
const ids = { conversationId, clientMessageId }
const message: ConversationCommand = {
  type: 'send_message',
  conversationId,
  actor: { userId: 'ann', roles: [] },
  messageId,
  clientMessageId,
  content: { kind: 'text', text: canary },
}
const block: HouseCommand = { type: 'block', actor: { userId: 'ann', roles: [] }, userId: 'bob' }

const never = async () => await new Promise<never>(() => {})

function setup() {
  const { options, ...rest } = asking()
  return { ...rest, store: createBusChatStore(options) }
}

describe('a command of chat', () => {
  test('reaches a chat store, and comes back with what came of it', async () => {
    const { bus, store } = setup()
    const heard: unknown[] = []
    await bus.serve(chatCommandsSubject, async (command) => {
      heard.push(command)
      return chatAcceptance(command as ConversationCommand)
    })
    await bus.serve(houseCommandsSubject, async (command) => {
      heard.push(command)
      return { outcome: 'accepted', serverTime: noonMs }
    })
    expect(await store.submit(message)).toEqual(chatAcceptance(message))
    expect(await store.house(block)).toEqual({ outcome: 'accepted', serverTime: noonMs })
    expect(heard).toEqual([message, block])
  })

  test('waits for a store, and finds the one that comes', async () => {
    const { bus, clock, store } = setup()
    const outcome = store.submit(message)
    await clock.advanceAsync(500)
    await bus.serve(chatCommandsSubject, async (command) =>
      chatAcceptance(command as ConversationCommand),
    )
    await clock.advanceAsync(500)
    expect(await outcome).toMatchObject({ outcome: 'accepted' })
  })

  test('is refused as overloaded where no store served until the deadline', async () => {
    const { clock, store } = setup()
    const outcomes = Promise.all([store.submit(message), store.house(block)])
    await clock.advanceAsync(verdictDeadlineMs + 100)
    const refused = {
      outcome: 'refused',
      code: 'overloaded',
      serverTime: noonMs + verdictDeadlineMs,
      retryable: true,
      retryAfterMs: overloadedRetryMs,
    }
    expect(await outcomes).toEqual([{ ...refused, ...ids }, refused])
    expect(clock.pending).toBe(0)
  })

  test('is unknown where the answer does not come', async () => {
    const { bus, clock, store } = setup()
    await bus.serve(chatCommandsSubject, never)
    await bus.serve(houseCommandsSubject, never)
    const outcomes = Promise.all([store.submit(message), store.house(block)])
    await clock.advanceAsync(verdictDeadlineMs + 100)
    const unknown = { outcome: 'unknown', code: 'outcome_unknown', retryable: true }
    expect(await outcomes).toMatchObject([{ ...unknown, ...ids }, unknown])
  })

  test('I12: is unknown where the store fails, and what was said is not in the log', async () => {
    const { bus, store, lines } = setup()
    await bus.serve(chatCommandsSubject, async (command) => {
      throw Object.assign(new Error('the disk is full'), { command })
    })
    expect(await store.submit(message)).toMatchObject({ outcome: 'unknown', ...ids })
    expect(lines).toHaveLength(1)
    expect(lines[0]).toContain('the disk is full')
    expect(lines[0]).not.toContain(canary)
  })
})
