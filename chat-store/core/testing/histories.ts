// Random histories of a conversation: two people, a stranger and a moderator who say, change, delete,
// react, mark, offer, block and decide, in batches of any size, while time passes now slowly, now fast.
import * as fc from 'fast-check'
import type { ChatOutcome } from '../../../protocol/chat.ts'
import type { ChatEvent } from '../../../protocol/chat-store.ts'
import type { ModerationRule } from '../../../protocol/moderation.ts'
import type { ChatStoreCommand } from '../command.ts'
import { ConversationDraft } from '../draft.ts'
import { conversationId, Kept } from './kept.ts'
import { actorOf } from './sentences.ts'

type Kind = 'direct' | 'room'

/** What happens; messages are meant by how far back they were sent, whatever became of them. */
export interface Happening {
  readonly waitMs: number
  /** Whether it is decided in the batch of the one before. */
  readonly isTogether: boolean
  readonly who: string
  readonly back: number
  readonly does:
    | { readonly type: 'says'; readonly heldWord: boolean; readonly replies: boolean }
    /** A command that was given before, as it was or with other contents. */
    | { readonly type: 'repeats'; readonly otherwise: boolean }
    | { readonly type: 'edits' | 'accepts' | 'declines' | 'withdraws' | 'wakes' }
    | { readonly type: 'deletes'; readonly forAll: boolean }
    | { readonly type: 'reacts'; readonly emoji: readonly string[] }
    /** Up to so far before the end. */
    | { readonly type: 'marks'; readonly read: boolean; readonly fromEnd: number }
    | { readonly type: 'offers' | 'counters'; readonly forMs: number }
    | { readonly type: 'decides'; readonly decision: 'release' | 'remove' | 'dismiss' }
    | { readonly type: 'blocks' | 'unblocks' | 'hides' | 'archives' | 'slows' }
}

export interface History {
  readonly kind: Kind
  readonly happenings: readonly Happening[]
}

/** One command of a history, its outcome, and what was told of it at once. */
export interface Passage {
  readonly nth: number
  readonly command: ChatStoreCommand
  readonly atMs: number
  readonly outcome: ChatOutcome | undefined
  /** Whether ann and sam were kept apart by a block. */
  readonly isBlocked: boolean
}

/** What a batch came to. */
export interface Batch {
  readonly passages: readonly Passage[]
  readonly told: readonly ChatEvent[]
  /** The conversation after it. */
  readonly kept: Kept
}

const one = <T>(...values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values)

const does: fc.Arbitrary<Happening['does']> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      type: one('says' as const),
      heldWord: fc.integer({ max: 5, min: 0 }).map((dice) => dice === 0),
      replies: one(false, false, true),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ type: one('repeats' as const), otherwise: fc.boolean() }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      type: one('edits' as const, 'accepts' as const, 'declines' as const, 'withdraws' as const),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: one('wakes' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({ type: one('deletes' as const), forAll: one(true, true, false) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: one('reacts' as const),
      emoji: fc.array(one('👍', '❤️', '😀'), { maxLength: 3 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      type: one('marks' as const),
      read: fc.boolean(),
      fromEnd: one(0, 0, 1, 2, 5, -1),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      type: one('offers' as const, 'counters' as const),
      forMs: one(0, 3_000, 60_000, 3_600_000),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: one('decides' as const),
      decision: one('release' as const, 'remove' as const, 'dismiss' as const),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: one(
        'blocks' as const,
        'unblocks' as const,
        'unblocks' as const,
        'hides' as const,
        'archives' as const,
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: one('slows' as const) }) },
)

const happening: fc.Arbitrary<Happening> = fc.record({
  waitMs: fc.oneof(
    { weight: 10, arbitrary: one(0, 0, 300) },
    { weight: 5, arbitrary: fc.integer({ min: 0, max: 5_000 }) },
    { weight: 1, arbitrary: one(10 * 60_000) },
  ),
  isTogether: fc.boolean(),
  who: one('ann', 'sam', 'ann', 'sam', 'ann', 'sam', 'ann', 'sam', 'eve', 'moderator'),
  back: one(1, 1, 1, 2, 3),
  does,
})

export const history: fc.Arbitrary<History> = fc.record({
  kind: one('direct' as const, 'direct' as const, 'room' as const),
  happenings: fc.array(happening, { minLength: 5, maxLength: 40, size: 'max' }),
})

const holdingRule: ModerationRule = {
  ruleId: 'held',
  verdict: 'hold',
  says: 'A moderator will look at it.',
  enabled: true,
  kind: 'words',
  words: ['cash'],
}

/** Plays a history; `batched` overrides whether commands are decided together. */
export function live({ kind, happenings }: History, batched?: boolean): Batch[] {
  const kept = new Kept()
  kept.rules = [holdingRule]
  const batches: Batch[] = []
  const commands: ChatStoreCommand[] = []
  let draft = new ConversationDraft(kept)
  let passages: Passage[] = []
  let atMs = 1_000_000
  const pass = (nth: number, command: ChatStoreCommand): void => {
    commands.push(command)
    const outcome = draft.decide(command, atMs, kept.setting)
    passages.push({ nth, command, atMs, outcome, isBlocked: isApart(kept) })
  }
  const commit = (): void => {
    const change = draft.change()
    if (change !== undefined) kept.write(change)
    batches.push({ passages, told: draft.told(), kept: kept.copy() })
    draft = new ConversationDraft(kept)
    passages = []
  }
  pass(-1, opening(kind))
  for (const [nth, happens] of happenings.entries()) {
    if (!(batched ?? happens.isTogether)) commit()
    atMs += happens.waitMs
    if (!befalls(happens, kept)) pass(nth, commandFor(happens, { nth, atMs, commands, draft }))
  }
  commit()
  return batches
}

function opening(kind: Kind): ChatStoreCommand {
  const pair = kind === 'room' ? { sellerId: 'sam' } : { buyerId: 'ann', sellerId: 'sam' }
  const subject = { type: 'lot' as const, id: 'palm-7' }
  const terms = { kind, subject, ...pair }
  return { type: 'open_conversation', conversationId, actor: actorOf('ann'), terms }
}

/** What is not asked of the core. */
function befalls({ who, does: act }: Happening, kept: Kept): boolean {
  const peer = who === 'ann' ? 'sam' : 'ann'
  const person = kept.person(who)
  if (act.type === 'blocks') kept.people.set(who, { ...person, blocks: new Set([peer]) })
  else if (act.type === 'unblocks') kept.people.set(who, { ...person, blocks: new Set() })
  else if (act.type === 'hides') kept.people.set(who, { ...person, hidesReadMarks: true })
  else return false
  return true
}

function isApart(kept: Kept): boolean {
  return kept.person('ann').blocks.has('sam') || kept.person('sam').blocks.has('ann')
}

/** What a command may be about: what was asked before, and the conversation as it is now. */
interface Told {
  readonly nth: number
  readonly atMs: number
  readonly commands: readonly ChatStoreCommand[]
  readonly draft: ConversationDraft
}

/** Contents, messages and ids are named after the happening, so each is known from the others. */
function commandFor(
  { who, back, does: act }: Happening,
  { nth, atMs, commands, draft }: Told,
): ChatStoreCommand {
  const base = { conversationId, actor: actorOf(who) }
  const made = commands.flatMap(({ type, ...command }) =>
    type === 'send_message' || type === 'counter_offer'
      ? [(command as { messageId: string }).messageId]
      : [],
  )
  const meant = made.at(-back) ?? 'none'
  const { openOfferId: meantOffer = meant, lastSeq = 0 } = draft.conversation ?? {}
  const ids = { messageId: `m${nth}`, clientMessageId: `c${nth}` }
  const offer = (forMs: number) => ({ amount: 500 + nth, currency: 'USD', expiresAt: atMs + forMs })
  switch (act.type) {
    case 'says': {
      const text = `canary ${nth} ${act.heldWord ? 'cash' : 'sings'}`
      const reply = act.replies ? { replyTo: meant } : {}
      return { ...base, ...ids, type: 'send_message', content: { kind: 'text', text, ...reply } }
    }
    case 'repeats':
      return repeated(commands.findLast(isRepeatableBy(who)), `m${nth}`, act.otherwise) ?? wake
    case 'edits':
      return { ...base, type: 'edit_message', messageId: meant, text: `canary ${nth} edited` }
    case 'deletes':
      return { ...base, type: 'delete_message', messageId: meant, forAll: act.forAll }
    case 'reacts':
      return { ...base, type: 'react', messageId: meant, emoji: act.emoji }
    case 'marks': {
      const seq = Math.max(0, lastSeq - act.fromEnd)
      return { ...base, type: 'mark', [act.read ? 'read' : 'delivered']: seq }
    }
    case 'offers': {
      const content = {
        kind: 'offer' as const,
        offer: offer(act.forMs),
        text: `canary ${nth} offer`,
      }
      return { ...base, ...ids, type: 'send_message', content }
    }
    case 'counters':
      return {
        ...base,
        ...ids,
        type: 'counter_offer',
        offerId: meantOffer,
        offer: offer(act.forMs),
      }
    case 'accepts':
    case 'declines':
    case 'withdraws': {
      const type = `${act.type.slice(0, -1)}_offer` as 'accept_offer'
      return { ...base, type, offerId: meantOffer, clientMessageId: `c${nth}` }
    }
    case 'decides': {
      const heldId = made.findLast((id) => draft.openCase(id) !== undefined) ?? meant
      const decision = { caseId: heldId, decision: act.decision }
      return { conversationId, actor: actorOf('moderator'), type: 'decide_case', decision }
    }
    case 'archives':
      return { ...base, type: 'update_membership', changes: { archived: true } }
    case 'slows':
      return { ...base, type: 'set_slow_mode', slowModeMs: nth % 2 === 0 ? 2_000 : 0 }
    case 'wakes':
    case 'blocks':
    case 'unblocks':
    case 'hides':
      return wake
  }
}

const wake: ChatStoreCommand = { type: 'wake', conversationId }

const isRepeatableBy = (who: string) => (command: ChatStoreCommand) =>
  'clientMessageId' in command && command.actor.userId === who

function repeated(
  said: ChatStoreCommand | undefined,
  messageId: string,
  otherwise: boolean,
): ChatStoreCommand | undefined {
  if (said === undefined || !('clientMessageId' in said)) return undefined
  if (said.type === 'send_message') {
    const content = otherwise ? { ...said.content, text: 'something else' } : said.content
    return { ...said, messageId, content }
  }
  if (said.type === 'counter_offer') {
    const amount = said.offer.amount + (otherwise ? 1 : 0)
    return { ...said, messageId, offer: { ...said.offer, amount } }
  }
  return otherwise ? { ...said, offerId: 'another' } : said
}
