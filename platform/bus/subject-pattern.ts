// Subjects are tokens divided by dots. In a pattern `*` stands for one token and `>`, as the last
// one, for one or more; the rules are those of NATS, so every adapter hears the same.
import { assert } from '../assert.ts'

const plainToken = /^[^\s.*>]+$/u

/** Whether `subject` may hear more than one subject. */
export function isPattern(subject: string): boolean {
  return subject.includes('*') || subject.includes('>')
}

/** @throws AssertionError where nothing can be published on `subject`. */
export function assertSubject(subject: string): void {
  assert(
    subject.split('.').every((token) => plainToken.test(token)),
    `"${subject}" is not a subject to publish on`,
  )
}

/** @throws AssertionError where `pattern` could never match, or not mean what it seems to. */
export function assertPattern(pattern: string): void {
  const tokens = pattern.split('.')
  const lastAt = tokens.length - 1
  assert(
    tokens.every(
      (token, at) => token === '*' || (token === '>' && at === lastAt) || plainToken.test(token),
    ),
    `"${pattern}" is not a subject to listen on`,
  )
}

/** Whether `subject` is one that the tokens of a pattern stand for. */
export function matches(patternTokens: readonly string[], subject: string): boolean {
  let from = 0
  for (const token of patternTokens) {
    if (from > subject.length) return false
    if (token === '>') return true
    const dot = subject.indexOf('.', from)
    const end = dot === -1 ? subject.length : dot
    if (token !== '*' && !(end - from === token.length && subject.startsWith(token, from)))
      return false
    from = end + 1
  }
  return from > subject.length
}
