// The judge of chat finds nothing in conversations that the real core has decided, and names each thing
// that can be wrong when it is put into an otherwise good one.
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Batch, history, live } from '../chat-store/core/testing/histories.ts'
import { conversationId, unread } from '../chat-store/core/testing/kept.ts'
import type {
  ChatAttempt,
  ChatSeen,
  StoredChatEvent,
  StoredMessage,
  UnreadCount,
} from './chat-entries.ts'
import { ChatHistory } from './chat-history.ts'
import type { Rule, Violation } from './violation.ts'

interface ChatStory {
  readonly attempts: readonly ChatAttempt[]
  readonly seen: readonly ChatSeen[]
  readonly events: readonly StoredChatEvent[]
  readonly messages: readonly StoredMessage[]
  readonly counts: readonly UnreadCount[]
  readonly lastSeq: number
}

function judged(story: ChatStory): readonly Violation[] {
  const told = new ChatHistory({ allClients: true })
  for (const attempt of story.attempts) told.attempted(attempt)
  told.joined('wim', conversationId, 0)
  for (const seen of story.seen) told.saw(seen)
  for (const event of story.events) told.happened(event)
  for (const message of story.messages) told.kept(message)
  for (const count of story.counts) told.counted(count)
  told.ended(conversationId, story.lastSeq)
  return told.violations()
}

const created = (seq: number, nth: number): StoredChatEvent => {
  return { conversationId, seq, type: 'message_created', messageId: `m${nth}` }
}

/** Ann says three things, of which one is held for review, and Sam answers once. */
function goodStory(): ChatStory {
  const ids = { conversationId, serverTime: 0, outcome: 'accepted' } as const
  const said = (actorId: string, nth: number, seq: number | undefined): ChatAttempt => ({
    conversationId,
    actorId,
    clientMessageId: `c${nth}`,
    text: `text ${nth}`,
    sentAtMs: 10 * nth,
    answeredAtMs: 10 * nth + 5,
    answer: { ...ids, messageId: `m${nth}`, ...(seq === undefined ? {} : { seq }) },
  })
  const attempts = [
    said('ann', 1, 1),
    said('ann', 2, undefined),
    said('sam', 3, 2),
    said('ann', 4, 4),
  ]
  // The held one is released between the third and the fourth; at last somebody has read all of it.
  const places: readonly (readonly [seq: number, nth: number])[] = [
    [1, 1],
    [2, 3],
    [3, 2],
    [4, 4],
  ]
  const receipt: StoredChatEvent = { conversationId, seq: 5, type: 'receipt' }
  const events = [...places.map(([seq, nth]) => created(seq, nth)), receipt]
  return {
    attempts,
    events,
    seen: events.map((event) => ({ watcher: 'wim', ...event })),
    messages: places.map(([seq, nth]) => ({
      conversationId,
      messageId: `m${nth}`,
      seq,
      senderId: nth === 3 ? 'sam' : 'ann',
      clientMessageId: `c${nth}`,
      state: 'visible',
      text: `text ${nth}`,
    })),
    counts: [
      { conversationId, userId: 'sam', readSeq: 2, unread: 2 },
      { conversationId, userId: 'ann', readSeq: 1, unread: 1 },
    ],
    lastSeq: 5,
  }
}

const withMessage = (
  story: ChatStory,
  messageId: string,
  change: Partial<StoredMessage>,
): ChatStory => ({
  ...story,
  messages: story.messages.map((message) =>
    message.messageId === messageId ? { ...message, ...change } : message,
  ),
})

const withAttempt = (story: ChatStory, id: string, change: Partial<ChatAttempt>): ChatStory => ({
  ...story,
  attempts: story.attempts.map((attempt) =>
    attempt.clientMessageId === id ? { ...attempt, ...change } : attempt,
  ),
})

const overloaded = {
  outcome: 'refused',
  code: 'overloaded',
  serverTime: 0,
  retryable: true,
} as const

const FALSIFICATIONS: readonly [
  what: string,
  rule: Rule,
  falsify: (story: ChatStory) => ChatStory,
][] = [
  [
    'an acknowledged message that is not stored',
    'acknowledged_missing',
    (story) => ({
      ...story,
      messages: story.messages.filter(({ messageId }) => messageId !== 'm4'),
    }),
  ],
  [
    'a message that is told and not stored',
    'not_in_stream',
    (story) => ({
      ...story,
      messages: story.messages.filter(({ messageId }) => messageId !== 'm4'),
    }),
  ],
  [
    'a message at another place than was acknowledged',
    'acknowledged_otherwise',
    (story) => withMessage(story, 'm3', { seq: 7 }),
  ],
  [
    'a message at a place where another was told',
    'not_in_stream',
    (story) => withMessage(story, 'm3', { seq: 1 }),
  ],
  [
    'a message with another text than was sent',
    'not_asked',
    (story) => withMessage(story, 'm1', { text: 'another' }),
  ],
  [
    'a message that is stored twice',
    'decided_twice',
    (story) => ({ ...story, messages: story.messages.flatMap((message) => [message, message]) }),
  ],
  [
    'a message that nobody sent',
    'not_asked',
    (story) => withMessage(story, 'm3', { clientMessageId: 'c9' }),
  ],
  [
    'a repeat that hears of another message',
    'two_outcomes',
    (story) => {
      const [first, ...rest] = story.attempts
      if (first?.answer?.outcome !== 'accepted') throw new Error('the first one was not accepted')
      const other = { ...first, answer: { ...first.answer, messageId: 'm9' } }
      return { ...story, attempts: [first, other, ...rest] }
    },
  ],
  [
    'a message that was turned away as overloaded and is stored',
    'refused_but_decided',
    (story) => withAttempt(story, 'c4', { answer: overloaded }),
  ],
  [
    'a message whose sender never learned what became of it',
    'unresolved',
    (story) => withAttempt(story, 'c4', { answer: undefined }),
  ],
  [
    'messages of one sender in another order than they were sent and answered',
    'order_reversed',
    (story) => withAttempt(story, 'c1', { sentAtMs: 36, answeredAtMs: 38 }),
  ],
  [
    'a gap in the stream (I19)',
    'gap',
    (story) => ({ ...story, events: story.events.filter(({ seq }) => seq !== 2) }),
  ],
  [
    'an event that a watcher missed (I13)',
    'hole',
    (story) => ({ ...story, seen: story.seen.filter(({ seq }) => seq !== 2) }),
  ],
  [
    'an event that a watcher saw twice (I13)',
    'back_in_time',
    (story) => ({ ...story, seen: story.seen.flatMap((seen) => [seen, seen]) }),
  ],
  [
    'a watcher who was told of another message',
    'told_otherwise',
    (story) => ({
      ...story,
      seen: story.seen.map((seen) => (seen.seq === 4 ? { ...seen, messageId: 'm9' } : seen)),
    }),
  ],
  [
    'a watcher who does not come to the end',
    'left_behind',
    (story) => ({ ...story, seen: story.seen.slice(0, -1) }),
  ],
  [
    'a conversation that is not where its events end',
    'final_state',
    (story) => ({ ...story, lastSeq: 6 }),
  ],
  [
    'a number of unread messages that is one too high (I20)',
    'wrong_unread',
    (story) => ({
      ...story,
      counts: story.counts.map((count) => ({ ...count, unread: count.unread + 1 })),
    }),
  ],
]

describe('the judge of chat', () => {
  test('finds nothing in a good history', () => {
    expect(judged(goodStory())).toEqual([])
  })

  test.each(FALSIFICATIONS)('finds %s', (_what, rule, falsify) => {
    const found = judged(falsify(goodStory()))
    expect(found.map((violation) => violation.rule)).toContain(rule)
    const named = found.find((violation) => violation.rule === rule)
    expect(named?.says).toContain(conversationId)
    expect(Object.keys(named?.evidence ?? {})).not.toEqual([])
  })

  test('does not count what is deleted, or hidden from the member', () => {
    const deleted = withMessage(goodStory(), 'm4', { state: 'deleted' })
    const hidden = withMessage(deleted, 'm2', { hiddenFrom: ['sam'] })
    const counts = [{ conversationId, userId: 'sam', readSeq: 2, unread: 0 }]
    expect(judged({ ...hidden, counts })).toEqual([])
  })

  test('takes a place without contents, which those who have blocked somebody are shown', () => {
    const { seen, ...story } = goodStory()
    const hidden = seen.map(({ watcher, seq }): ChatSeen => {
      return { watcher, conversationId, seq, type: 'hidden' }
    })
    expect(judged({ ...story, seen: hidden })).toEqual([])
  })

  test('finds nothing in any conversation that the real core has decided', () => {
    fc.assert(
      fc.property(history, (lived) => {
        expect(judged(storyOf(live(lived)))).toEqual([])
      }),
      { numRuns: 200 },
    )
  })
})

/** What clients and a watcher of these batches would have noted, and what is kept after them. */
function storyOf(batches: readonly Batch[]): ChatStory {
  const attempts = batches
    .flatMap(({ passages }) => passages)
    .flatMap(({ command, outcome }, at): ChatAttempt[] => {
      if (command.type !== 'send_message' && command.type !== 'counter_offer') return []
      const { clientMessageId, actor } = command
      const times = { sentAtMs: at, answeredAtMs: at }
      const actorId = actor.userId
      return [{ conversationId, actorId, clientMessageId, ...times, answer: outcome }]
    })
  const events = batches
    .flatMap(({ told }) => told)
    .map(({ seq, publication: { type, message } }): StoredChatEvent => {
      const { messageId } = message ?? {}
      return { conversationId, seq, type, ...(messageId === undefined ? {} : { messageId }) }
    })
  const kept = batches.at(-1)?.kept
  const rows = [...(kept?.messages.values() ?? [])].toSorted((a, b) => a.view.seq - b.view.seq)
  const messages = rows.map(({ view, state }): StoredMessage => {
    const { messageId, seq, senderId, kind, clientMessageId } = view
    return {
      conversationId,
      messageId,
      seq: seq === 0 ? undefined : seq,
      senderId,
      clientMessageId: kind === 'system' ? undefined : clientMessageId,
      state,
    }
  })
  const counts = [...(kept?.members.values() ?? [])].map(({ userId, readSeq }): UnreadCount => {
    const exact = kept === undefined ? 0 : unread(kept, userId)
    return { conversationId, userId, readSeq, unread: exact }
  })
  const seen = events.map((event) => ({ watcher: 'wim', ...event }))
  const lastSeq = kept?.conversation?.lastSeq ?? 0
  return { attempts, seen, events, messages, counts, lastSeq }
}

/** Of the good story: four of its five events are messages, the last one is a receipt. */
function judgedByList(
  messages: readonly StoredMessage[] = listOf(goodStory()),
  lastSeq = goodStory().lastSeq,
): readonly Violation[] {
  const { attempts, seen } = goodStory()
  const told = new ChatHistory({ allClients: true })
  for (const attempt of attempts) told.attempted(attempt)
  told.joined('wim', conversationId, 0)
  for (const each of seen) told.saw(each)
  told.listed(conversationId, messages, lastSeq)
  return told.violations()
}

const listOf = ({ messages }: ChatStory): StoredMessage[] =>
  messages.toSorted((one, other) => (one.seq ?? 0) - (other.seq ?? 0))
const rules = (violations: readonly Violation[]): Rule[] => violations.map(({ rule }) => rule)

describe('where only what members may list can be read', () => {
  test('a good conversation is found good', () => {
    expect(judgedByList()).toEqual([])
  })

  test('an acknowledged message that is not listed is missed', () => {
    const list = listOf(goodStory()).filter(({ messageId }) => messageId !== 'm4')
    expect(rules(judgedByList(list))).toContain('acknowledged_missing')
  })

  test('a message that is listed twice, or out of order, is a gap', () => {
    const [first, ...others] = listOf(goodStory())
    if (first === undefined) throw new Error('the story has messages')
    expect(rules(judgedByList([first, first, ...others]))).toContain('gap')
    expect(rules(judgedByList([...others, first]))).toContain('gap')
  })

  test('a message beyond where the conversation stands is a gap', () => {
    expect(rules(judgedByList(listOf(goodStory()), 3))).toContain('gap')
  })

  test('a watcher is held to where the conversation stands', () => {
    expect(rules(judgedByList(listOf(goodStory()), 6))).toEqual(['left_behind'])
  })

  test('what watchers were told at the place of a message must be that message', () => {
    const list = listOf(goodStory()).map((message) =>
      message.messageId === 'm4' ? { ...message, messageId: 'm5' } : message,
    )
    expect(rules(judgedByList(list))).toContain('told_otherwise')
  })
})
