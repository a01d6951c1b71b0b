// Makes the rules of a house ready to be applied to every message.
import type { ModerationRule } from '../../../protocol/moderation.ts'
import { hasEmailAddress } from './email-addresses.ts'
import { linkMatcher } from './links.ts'
import { hasPhoneNumber } from './phone-numbers.ts'
import { repeatedTextMatcher } from './repeated-text.ts'
import type { Matcher, Rule } from './rule.ts'
import { wordMatcher } from './words.ts'

/** The rules that have something to say, in their order: those that are off or allow have not. */
export function compileRules(rules: readonly ModerationRule[]): readonly Rule[] {
  return rules.flatMap((rule): readonly Rule[] => {
    const { ruleId, verdict, says } = rule
    if (!rule.enabled || verdict === 'allow') return []
    return [{ ruleId, verdict, says, isAbout: matcherOf(rule) }]
  })
}

function matcherOf(rule: ModerationRule): Matcher {
  switch (rule.kind) {
    case 'links':
      return linkMatcher(rule.domains, rule.match)
    case 'phone_numbers':
      return ({ text }) => hasPhoneNumber(text)
    case 'email_addresses':
      return ({ text }) => hasEmailAddress(text)
    case 'words':
      return wordMatcher(rule.words)
    case 'repeated_text':
      return repeatedTextMatcher(rule.conversations)
  }
}
