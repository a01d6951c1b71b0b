// A rule over texts in the form in which it is applied, and what it may look at.
import type { Verdict } from '../../../protocol/moderation.ts'

/** A text that somebody is about to say. */
export interface Saying {
  readonly text: string
  readonly senderId: string
  /**
   * In how many conversations, this one included, the sender has lately said what has the same
   * `repeatedTextKey`.
   */
  readonly conversationsWithText: (senderId: string, key: string) => number
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
