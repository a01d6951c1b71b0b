// What pushes say, in the words of whoever reads them.

import type { ShownWords } from '../core/push/payload.ts'
import type { Sayings } from '../core/push/words.ts'

export interface PushWords {
  /** In that of our languages which a speaker of `locale`, a BCP 47 tag, reads best. */
  say(sayings: Sayings, locale: string): ShownWords
}
