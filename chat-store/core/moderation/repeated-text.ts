// Rules about texts that one sender says in many conversations.
import { repeatedTextCharactersMin } from '../limits.ts'
import { wordsOf } from './fold.ts'
import type { Matcher } from './rule.ts'

/** By what texts count as the same: their words. Undefined for one too short to count. */
export function repeatedTextKey(text: string): string | undefined {
  const key = wordsOf(text).join(' ')
  return key.length < repeatedTextCharactersMin ? undefined : key
}

/** Whether the sender has lately said the same in at least so many conversations, this one included. */
export function repeatedTextMatcher(conversations: number): Matcher {
  return ({ text, senderId, conversationsWithText }) => {
    const key = repeatedTextKey(text)
    return key !== undefined && conversationsWithText(senderId, key) >= conversations
  }
}
