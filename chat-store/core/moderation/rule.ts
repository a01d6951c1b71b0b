// A rule over texts in the form in which it is applied, and what it may look at.
import type { Verdict } from '../../../protocol/moderation.ts'
import { wordsOf } from './fold.ts'

/**
 * In how many conversations, this one included, the sender has lately said what has the same
 * `repeatedTextKey`.
 */
export type ConversationsWithText = (senderId: string, key: string) => number

/** A text that somebody is about to say. */
export class Saying {
  readonly text: string
  readonly senderId: string
  readonly conversationsWithText: ConversationsWithText
  #words: readonly string[] | undefined

  constructor(text: string, senderId: string, conversationsWithText: ConversationsWithText) {
    this.text = text
    this.senderId = senderId
    this.conversationsWithText = conversationsWithText
  }

  /** Made when a rule first asks; several do. */
  get words(): readonly string[] {
    this.#words ??= wordsOf(this.text)
    return this.#words
  }
}

/** Whether the rule is about what is said. Pure but for what `Saying` tells, and linear in the text. */
export type Matcher = (saying: Saying) => boolean

/** Prepared once by `compileRules`, applied to every text. */
export interface Rule {
  readonly ruleId: string
  /** A rule that allows has nothing to say, so there is none. */
  readonly verdict: Exclude<Verdict, 'allow'>
  readonly says: string
  readonly isAbout: Matcher
}
