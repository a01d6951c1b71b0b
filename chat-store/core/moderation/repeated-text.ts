// Rules about texts that one sender says in many conversations.
import { repeatedTextCharactersMin } from '../limits.ts'
import type { Matcher } from './rule.ts'

/** By what texts count as the same: their words. Undefined where they are too few to count. */
export function repeatedTextKey(words: readonly string[]): string | undefined {
  const key = words.join(' ')
  return key.length < repeatedTextCharactersMin ? undefined : key
}

/** Whether the sender has lately said the same in at least so many conversations, this one included. */
export function repeatedTextMatcher(conversations: number): Matcher {
  return ({ words, senderId, conversationsWithText }) => {
    const key = repeatedTextKey(words)
    return key !== undefined && conversationsWithText(senderId, key) >= conversations
  }
}
