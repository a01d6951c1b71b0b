// What the rules of moderation make of a text.
import type { Asked, Refusal } from './decision.ts'
import { type Judgement, judge, nothingToSay } from './moderation/judge.ts'
import { Saying } from './moderation/rule.ts'
import { isService } from './permissions.ts'

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
