import {
  array,
  assert as assertProperty,
  asyncProperty,
  constantFrom,
  integer,
  record,
} from 'fast-check'
import { describe, expect, test } from 'vitest'
import { VirtualClock } from '../../../platform/testing/virtual-clock.ts'
import type { ChatOutcome } from '../../../protocol/chat.ts'
import type { ConversationCommand } from '../../../protocol/chat-store.ts'
import { pipelinedMessagesMax, verdictDeadlineMs } from '../../limits.ts'
import { callsOn } from '../../testing/calls.ts'
import {
  cards,
  chatAcceptance,
  chatBookOf,
  chatStoreOf,
  conversationId,
  roomId,
} from '../../testing/conversations.ts'
import { caller, identity, noonMs } from '../../testing/people.ts'
import { Lines } from './lines.ts'

const ids = Array.from(
  { length: pipelinedMessagesMax + 2 },
  (_, nth) => `0193a000-0000-7000-8000-${String(nth).padStart(12, '0')}`,
)
const say = (nth: number, about = conversationId) => ({
  conversationId: about,
  clientMessageId: ids[nth] ?? '',
  text: `The ${nth}.`,
})
const rates = { messagesPerUser: 'off' } as const
const codeOf = (result: unknown) => (result as { outcome: ChatOutcome }).outcome

/** Stores that take their time, each message its own, and keep no order between them. */
function slowStores(clock: VirtualClock, tookMs: (command: ConversationCommand) => number) {
  const stored: ConversationCommand[] = []
  let together = 0
  let mostTogether = 0
  return {
    stored,
    mostTogether: () => mostTogether,
    ...chatStoreOf(),
    submit: (command: ConversationCommand) =>
      new Promise<ChatOutcome>((answer) => {
        together += 1
        mostTogether = Math.max(mostTogether, together)
        clock.after(tookMs(command), () => {
          together -= 1
          stored.push(command)
          answer(chatAcceptance(command))
        })
      }),
  }
}

describe('messages that are said without waiting', () => {
  const senders = ['ann', 'sel'] as const
  const messages = array(
    record({
      sender: constantFrom(...senders),
      about: constantFrom(conversationId, roomId),
      pauseMs: integer({ min: 0, max: 3 }),
      tookMs: integer({ min: 1, max: 20 }),
      readingMs: integer({ min: 0, max: 10 }),
    }),
    { minLength: 1, maxLength: 30 },
  )

  test('are stored in the order in which each user said them to each conversation', async () => {
    await assertProperty(
      asyncProperty(messages, async (all) => {
        const clock = new VirtualClock(noonMs)
        const tookMs = (command: ConversationCommand) =>
          'clientMessageId' in command
            ? (all[ids.indexOf(command.clientMessageId)]?.tookMs ?? 1)
            : 1
        const stores = slowStores(clock, tookMs)
        let readings = 0
        const chatBook = chatBookOf({
          // Looking up the conversation takes its time too, and no two look-ups the same.
          card: (about) =>
            new Promise((resolve) => {
              const ms = all[readings++]?.readingMs ?? 0
              clock.after(ms, () => resolve(cards.find((card) => card.conversationId === about)))
            }),
        })
        const call = callsOn({ chatStore: stores, chatBook, clock, rates })
        const results: Promise<unknown>[] = []
        for (const [nth, { sender, about, pauseMs }] of all.entries()) {
          results.push(call('chat.send', caller(identity(sender)), say(nth, about)))
          await clock.advanceAsync(pauseMs)
        }
        await clock.advanceAsync(all.length * 40)
        for (const result of await Promise.all(results)) {
          expect(codeOf(result).outcome).toBe('accepted')
        }
        for (const sender of senders) {
          for (const about of [conversationId, roomId]) {
            const nths = stores.stored.flatMap((each) =>
              each.actor.userId === sender &&
              each.conversationId === about &&
              'clientMessageId' in each
                ? [ids.indexOf(each.clientMessageId)]
                : [],
            )
            expect(nths).toEqual(nths.toSorted((a, b) => a - b))
          }
        }
        expect(stores.stored).toHaveLength(all.length)
      }),
      { numRuns: 50 },
    )
  })

  test('wait for nobody else, and for no other conversation', async () => {
    const clock = new VirtualClock(noonMs)
    const stores = slowStores(clock, () => 10)
    const call = callsOn({ chatStore: stores, clock, rates })
    const results = [
      call('chat.send', caller(identity('ann')), say(0)),
      call('chat.send', caller(identity('ann')), say(1, roomId)),
      call('chat.send', caller(identity('sel')), say(2)),
    ]
    await clock.advanceAsync(20)
    await Promise.all(results)
    expect(stores.mostTogether()).toBe(3)
  })

  test('are not taken behind one of which nothing is known, so that they can follow it later', async () => {
    const { promise, resolve } = Promise.withResolvers<ChatOutcome>()
    const chatStore = { ...chatStoreOf(), submit: () => promise }
    const call = callsOn({ chatStore, rates })
    const ann = caller(identity('ann'))
    const results = [0, 1, 2].map((nth) => call('chat.send', ann, say(nth)))
    const code = 'outcome_unknown'
    resolve({ outcome: 'unknown', code, serverTime: noonMs, retryable: true })
    const codes = (await Promise.all(results)).map((result) => codeOf(result))
    expect(codes).toMatchObject([{ code }, { code: 'overloaded' }, { code: 'overloaded' }])
    expect(codes[1]).toMatchObject({ clientMessageId: ids[1], retryable: true, retryAfterMs: 500 })
    const later = callsOn({ rates })
    expect(codeOf(await later('chat.send', ann, say(1))).outcome).toBe('accepted')
  })

  test('follow one that was refused', async () => {
    const chatStore = chatStoreOf({
      submit: (command) =>
        'clientMessageId' in command && command.clientMessageId === ids[0]
          ? { outcome: 'refused', code: 'blocked', serverTime: noonMs, retryable: false }
          : chatAcceptance(command),
    })
    const call = callsOn({ chatStore, rates })
    const ann = caller(identity('ann'))
    const results = await Promise.all([0, 1].map((nth) => call('chat.send', ann, say(nth))))
    expect(results.map((result) => codeOf(result).outcome)).toEqual(['refused', 'accepted'])
  })

  test('follow one whose handling failed, once it has failed', async () => {
    let calls = 0
    const chatStore = {
      ...chatStoreOf(),
      submit: async (command: ConversationCommand) => {
        calls += 1
        if (calls === 1) throw new Error('down')
        return chatAcceptance(command)
      },
    }
    const call = callsOn({ chatStore, rates })
    const ann = caller(identity('ann'))
    await expect(call('chat.send', ann, say(0))).rejects.toThrow('down')
    expect(codeOf(await call('chat.send', ann, say(1))).outcome).toBe('accepted')
  })

  test('are turned away beyond a bound, and where they have waited for too long', async () => {
    const clock = new VirtualClock(noonMs)
    const stores = slowStores(clock, () => verdictDeadlineMs - 1)
    const call = callsOn({ chatStore: stores, clock, rates })
    const ann = caller(identity('ann'))
    const results = ids.map((_, nth) => call('chat.send', ann, say(nth)))
    expect(codeOf(await results.at(-1))).toMatchObject({ code: 'overloaded' })
    await clock.advanceAsync(3 * verdictDeadlineMs)
    const outcomes = (await Promise.all(results)).map((result) => codeOf(result).outcome)
    expect(outcomes.filter((outcome) => outcome === 'accepted')).toHaveLength(2)
    expect(outcomes.slice(0, 2)).toEqual(['accepted', 'accepted'])
  })
})

test('a line that has ended is forgotten, and its key is anybody’s again', async () => {
  const lines = new Lines(1)
  expect(await lines.enter('a')).toBe(true)
  const second = lines.enter('a')
  expect(await lines.enter('a')).toBe(false)
  lines.leave('a', true)
  expect(await second).toBe(true)
  lines.leave('a', true)
  expect(await lines.enter('a')).toBe(true)
  const turnedAway = lines.enter('a')
  lines.leave('a', false)
  expect(await turnedAway).toBe(false)
  expect(await lines.enter('a')).toBe(true)
})
