// The sentences of the scenarios: what somebody asks for, and what is so without anybody asking.
import type { Role } from '../../../protocol/identity.ts'
import type { ModerationRule } from '../../../protocol/moderation.ts'
import type { ChatStoreCommand } from '../command.ts'
import type { Attachment } from '../conversation.ts'
import { conversationId, type Kept } from './kept.ts'

/** A sentence in its words; what stands in quotes is one word. */
export class Sentence {
  readonly words: readonly string[]

  constructor(line: string) {
    this.words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(
      ([, quoted, bare]) => quoted ?? bare ?? '',
    )
  }

  word(at: number): string {
    return this.words[at] ?? ''
  }

  has(word: string): boolean {
    return this.words.includes(word)
  }

  after(word: string): string | undefined {
    const at = this.words.indexOf(word)
    return at === -1 ? undefined : this.words[at + 1]
  }
}

/** Seconds. */
export const timeMs = (text: string): number => Math.round(Number(text) * 1_000)

/** Whoever is called by a role has it; everybody else has none. */
export function actorOf(name: string) {
  const roles: Role[] = ['service', 'moderator', 'admin'].includes(name) ? [name as Role] : []
  return { userId: name, roles }
}

/** Makes so what is not asked of the core: blocks, settings, uploads, rules. False for anything else. */
export function stateFact(sentence: Sentence, kept: Kept): boolean {
  const [who = '', verb = '', object = ''] = sentence.words
  const person = kept.person(who)
  switch (verb) {
    case 'blocks':
      kept.people.set(who, { ...person, blocks: new Set([...person.blocks, object]) })
      return true
    case 'unblocks':
      kept.people.set(who, {
        ...person,
        blocks: new Set([...person.blocks].filter((b) => b !== object)),
      })
      return true
    case 'hides':
      kept.people.set(who, { ...person, hidesReadMarks: true })
      return true
    case 'silenced':
      kept.people.set(who, { ...person, silencedUntilMs: timeMs(sentence.after('until') ?? '0') })
      return true
    case 'uploads':
      kept.attachments.set(object, attachmentOf(sentence, who, object))
      return true
    case 'repeats':
      kept.repeated = Number(object)
      return true
    case 'rule':
      kept.rules = [...kept.rules, ruleOf(sentence)]
      return true
    default:
      return false
  }
}

/** `ann uploads p1 image/png 5 bytes`, then `pending`, or `refused` with the code. */
function attachmentOf(sentence: Sentence, ownerId: string, attachmentId: string): Attachment {
  const refusal = sentence.after('refused') as Attachment['refusal']
  return {
    attachmentId,
    conversationId: sentence.after('for') ?? conversationId,
    ownerId,
    fileName: `${attachmentId}.bin`,
    contentType: sentence.word(3),
    bytes: Number(sentence.word(4)),
    state: refusal === undefined ? (sentence.has('pending') ? 'pending' : 'ready') : 'refused',
    ...(refusal === undefined ? {} : { refusal }),
  }
}

/** `house rule r1 hold words spam`. */
function ruleOf({ words }: Sentence): ModerationRule {
  const [, , ruleId = '', verdict = '', kind = '', ...rest] = words
  const base = { ruleId, verdict: verdict as 'hold', says: `about ${ruleId}`, enabled: true }
  if (kind === 'words') return { ...base, kind, words: rest }
  if (kind === 'links') return { ...base, kind, domains: rest, match: 'listed' }
  if (kind === 'repeated_text') return { ...base, kind, conversations: Number(rest[0]) }
  if (kind === 'phone_numbers' || kind === 'email_addresses') return { ...base, kind }
  throw new Error(`there are no rules about ${kind}`)
}

/** The command of a sentence; `id` names it where the sentence does not. */
export function commandOf(sentence: Sentence, id: string): ChatStoreCommand {
  const [who = '', verb = '', object = '', said = ''] = sentence.words
  const base = { conversationId, actor: actorOf(who) }
  const ids = { messageId: sentence.after('as') ?? id, clientMessageId: sentence.after('id') ?? id }
  switch (verb) {
    case 'opens':
      return { ...base, type: 'open_conversation', terms: termsOf(sentence) }
    case 'says':
    case 'shows':
    case 'attaches':
    case 'offers':
    case 'tells':
      return { ...base, ...ids, type: 'send_message', content: contentOf(sentence) }
    case 'edits':
      return { ...base, type: 'edit_message', messageId: object, text: repeatedText(said) }
    case 'deletes':
      return { ...base, type: 'delete_message', messageId: object, forAll: sentence.has('all') }
    case 'reacts':
      return { ...base, type: 'react', messageId: object, emoji: sentence.words.slice(3) }
    case 'reads':
      return { ...base, type: 'mark', read: Number(object) }
    case 'got':
      return { ...base, type: 'mark', delivered: Number(object) }
    case 'counters':
      return {
        ...base,
        ...ids,
        type: 'counter_offer',
        offerId: object,
        offer: offerOf(sentence, 4),
      }
    case 'accepts':
    case 'declines':
    case 'withdraws': {
      const type = `${verb.slice(0, -1)}_offer` as 'accept_offer'
      return { ...base, type, offerId: object, clientMessageId: ids.clientMessageId }
    }
    default:
      return aboutConversation(sentence, base, id)
  }
}

type Base = { readonly conversationId: string; readonly actor: ReturnType<typeof actorOf> }

function aboutConversation(sentence: Sentence, base: Base, id: string): ChatStoreCommand {
  const [who = '', verb = '', object = '', rest = ''] = sentence.words
  const changes = (changed: object): ChatStoreCommand => ({
    ...base,
    type: 'update_membership',
    changes: changed,
  })
  switch (verb) {
    case 'pins':
      return changes({ pinned: true })
    case 'archives':
      return changes({ archived: true })
    case 'drafts':
      return changes({ draft: object === 'nothing' ? null : object })
    case 'mutes':
      return changes({ mutedUntil: object === 'nothing' ? null : timeMs(object) })
    case 'slows':
      return { ...base, type: 'set_slow_mode', slowModeMs: timeMs(object) }
    case 'holds':
      return { ...base, type: 'set_legal_hold', held: object !== 'nothing' }
    case 'reports': {
      const about = object === 'all' ? {} : { messageId: object }
      const caseId = sentence.after('as') ?? id
      return { ...base, type: 'report', caseId, report: { ...about, reason: rest as 'spam' } }
    }
    case 'decides': {
      const mute = sentence.after('mute')
      const until = mute === undefined ? {} : { muteSenderUntil: timeMs(mute) }
      const decision = { caseId: object, decision: rest as 'release', ...until }
      return { ...base, type: 'decide_case', decision }
    }
    case 'wakes':
      return { type: 'wake', conversationId }
    case 'erases':
      return { type: 'erase_message', conversationId, messageId: object }
    default:
      throw new Error(`nobody understands what ${who} does: "${sentence.words.join(' ')}"`)
  }
}

/** `ann opens direct with sam`, `sam opens room`; `as buyer and seller` names both. */
function termsOf(sentence: Sentence) {
  const [who = '', , kind = ''] = sentence.words
  const buyerId = sentence.after('buyer') ?? who
  const sellerId = sentence.after('with')
  return {
    kind: kind as 'direct',
    subject: { type: kind === 'order' ? ('order' as const) : ('lot' as const), id: 'palm-7' },
    ...(kind === 'room' ? {} : { buyerId }),
    ...(sellerId === undefined ? {} : { sellerId }),
  }
}

function contentOf(sentence: Sentence) {
  const [, verb = '', object = '', said = ''] = sentence.words
  const replyTo = sentence.after('to')
  const reply = replyTo === undefined ? {} : { replyTo }
  const caption = said.startsWith('~') ? { text: repeatedText(said.slice(1)) } : {}
  switch (verb) {
    case 'shows':
      return { kind: 'image' as const, attachmentId: object, ...caption, ...reply }
    case 'attaches':
      return { kind: 'file' as const, attachmentId: object, ...caption, ...reply }
    case 'offers':
      return { kind: 'offer' as const, offer: offerOf(sentence, 2), ...noteOf(sentence) }
    case 'tells':
      return { kind: 'system' as const, system: { event: object } }
    default:
      return { kind: 'text' as const, text: repeatedText(object), ...reply }
  }
}

function noteOf(sentence: Sentence) {
  const text = sentence.after('noting')
  return text === undefined ? {} : { text }
}

function offerOf(sentence: Sentence, at: number) {
  const expiresAt = timeMs(sentence.after('until') ?? '0')
  return { amount: Number(sentence.word(at)), currency: 'USD', expiresAt }
}

/** `x*4001` stands for as many x; `\u` escapes for what can not be written. */
function repeatedText(said: string): string {
  const [, piece, times] = /^(.+)\*(\d+)$/u.exec(said) ?? []
  if (piece !== undefined) return piece.repeat(Number(times))
  return said.replace(/\\u([0-9a-f]{4})/g, (_, code: string) =>
    String.fromCharCode(parseInt(code, 16)),
  )
}
