// What the rules of chat look at besides the conversation itself.
import type { ConversationsWithText, Rule } from './moderation/rule.ts'

export interface Setting {
  /** As `compileRules` made them, in their order. */
  readonly rules: readonly Rule[]
  readonly conversationsWithText: ConversationsWithText
}
