// Applies the rules to a text: the strictest verdict counts, and whoever is warned hears of every rule.
import type { ChatWarning } from '../../../protocol/chat.ts'
import type { Rule, Saying } from './rule.ts'

export interface Judgement {
  /** The first rule that refuses; those behind it were not asked. */
  readonly refusedBy: Rule | undefined
  readonly heldBy: readonly Rule[]
  /** Of the rules that warn or hold, in their order. */
  readonly warnings: readonly ChatWarning[]
}

export const nothingToSay: Judgement = { refusedBy: undefined, heldBy: [], warnings: [] }

/** What the rules, asked in their order, make of what is said. */
export function judge(rules: readonly Rule[], saying: Saying): Judgement {
  const about: Rule[] = []
  for (const rule of rules) {
    if (!rule.isAbout(saying)) continue
    if (rule.verdict === 'refuse') return { refusedBy: rule, heldBy: [], warnings: [] }
    about.push(rule)
  }
  if (about.length === 0) return nothingToSay
  return {
    refusedBy: undefined,
    heldBy: about.filter(({ verdict }) => verdict === 'hold'),
    warnings: about.map(({ ruleId, says }) => ({ rule: ruleId, says })),
  }
}
