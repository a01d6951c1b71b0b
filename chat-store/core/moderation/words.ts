// Rules about words: whole words and phrases, whatever their case, accents and the spaces between them.
import { wordsOf } from './fold.ts'
import type { Matcher } from './rule.ts'

/** The words that may follow; `isEnd` where a listed phrase ends here. */
interface Branch {
  readonly next: Map<string, Branch>
  isEnd: boolean
}

const branch = (): Branch => ({ next: new Map(), isEnd: false })

/** Whether a text holds one of the listed words or phrases. Ten thousand cost no more than ten. */
export function wordMatcher(listed: readonly string[]): Matcher {
  const root = branch()
  for (const phrase of listed) grow(root, wordsOf(phrase))
  return ({ words }) => words.some((_, at) => startsPhrase(root, words, at))
}

function grow(root: Branch, phrase: readonly string[]): void {
  // A listed word of nothing but signs is no word.
  if (phrase.length === 0) return
  let at = root
  for (const word of phrase) {
    const next = at.next.get(word) ?? branch()
    at.next.set(word, next)
    at = next
  }
  at.isEnd = true
}

/** A step for each word of the phrase at most, and phrases are short. */
function startsPhrase(root: Branch, words: readonly string[], from: number): boolean {
  let here: Branch | undefined = root
  for (let at = from; here !== undefined && at < words.length; at += 1) {
    here = here.next.get(words[at] ?? '')
    if (here?.isEnd === true) return true
  }
  return false
}
