// What may be said: the form of a text, and what the rules of moderation make of it.
import { messageCharactersMax, messageText } from '../../protocol/message-text.ts'
import type { Asked, Refusal } from './decision.ts'
import { type Judgement, judge, nothingToSay } from './moderation/judge.ts'
import { Saying } from './moderation/rule.ts'
import { isService } from './permissions.ts'

export type Said = { readonly text: string } | { readonly refusal: Refusal }

/** The text in the form in which it is kept, or why it can not be said. */
export function saidText(said: string): Said {
  const checked = messageText(said)
  if ('text' in checked) return checked
  const { fault: code } = checked
  return {
    refusal: code === 'text_too_long' ? { code, fields: { max: messageCharactersMax } } : { code },
  }
}

/** A text that may be left out, such as a caption. White space alone is none. */
export function saidCaption(said: string | undefined): Said {
  if (said === undefined) return { text: '' }
  const checked = saidText(said)
  if ('refusal' in checked && checked.refusal.code === 'text_empty') return { text: '' }
  return checked
}

/** What the rules say to the text. The house says what it must. */
export function judgedText({ command, setting }: Asked, text: string): Judgement {
  const { actor } = command
  if (text === '' || setting.rules.length === 0 || isService(actor)) return nothingToSay
  const { conversationsWithText } = setting
  return judge(setting.rules, new Saying(text, actor.userId, conversationsWithText))
}

/** Why the text is refused. What can not be held (an edit, an offer) is refused instead. */
export function ruleRefusal(
  { refusedBy, heldBy }: Judgement,
  canBeHeld: boolean,
): Refusal | undefined {
  const rule = refusedBy ?? (canBeHeld ? undefined : heldBy[0])
  if (rule === undefined) return undefined
  return { code: 'refused_by_rule', fields: { rule: rule.ruleId, reason: rule.says } }
}
