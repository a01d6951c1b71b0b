import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { assertPattern, assertSubject, matches } from './subject-pattern.ts'

const token = fc.constantFrom<string>('a', 'b', 'ab', 'x-1', '=2e=')
const subjects = fc.array(token, { minLength: 1, maxLength: 5 })
const patterns = fc
  .tuple(fc.array(fc.oneof(token, fc.constant('*')), { minLength: 1, maxLength: 4 }), fc.boolean())
  .map(([tokens, open]) => (open ? [...tokens, '>'] : tokens))

/** The rule as it is written down, token by token. */
function matchesByTheRule(pattern: readonly string[], subject: readonly string[]): boolean {
  const [first, ...more] = pattern
  if (first === '>') return subject.length >= 1
  if (first === undefined) return subject.length === 0
  const [head, ...rest] = subject
  return head !== undefined && (first === '*' || first === head) && matchesByTheRule(more, rest)
}

test('a pattern matches exactly what the rule says', () => {
  fc.assert(
    fc.property(patterns, subjects, (pattern, subject) => {
      expect(matches(pattern, subject.join('.'))).toBe(matchesByTheRule(pattern, subject))
    }),
    { numRuns: 2_000 },
  )
})

test('a subject with one token turned into "*", or its end into ">", matches itself', () => {
  fc.assert(
    fc.property(subjects, fc.nat(4), (subject, at) => {
      const nth = at % subject.length
      expect(matches(subject.with(nth, '*'), subject.join('.'))).toBe(true)
      expect(matches([...subject.slice(0, nth), '>'], subject.join('.'))).toBe(true)
    }),
  )
})

test('wildcards are for those who listen', () => {
  for (const subject of ['a.*', 'a.>', '', 'a..b', 'a b', 'a.b.']) {
    expect(() => assertSubject(subject), subject).toThrow(/not a subject to publish on/u)
  }
  expect(() => assertSubject('a.b-1.=2e=')).not.toThrow()
  for (const pattern of ['a.>.b', '>a', 'a*.b', '', 'a.']) {
    expect(() => assertPattern(pattern), pattern).toThrow(/not a subject to listen on/u)
  }
  for (const pattern of ['>', '*', '*.>', 'a.*.b', 'a.b']) {
    expect(() => assertPattern(pattern), pattern).not.toThrow()
  }
})
