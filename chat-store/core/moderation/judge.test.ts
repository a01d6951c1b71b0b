import { describe, expect, test } from 'vitest'
import type { ModerationRule } from '../../../protocol/moderation.ts'
import { compileRules } from './compile-rules.ts'
import { wordsOf } from './fold.ts'
import { judge } from './judge.ts'
import { repeatedTextKey } from './repeated-text.ts'
import { Saying } from './rule.ts'
import { hostileTexts, said } from './testing/said.ts'

const rule = (
  ruleId: string,
  verdict: ModerationRule['verdict'],
  words: string[],
): ModerationRule => ({
  ruleId,
  verdict,
  says: `about ${ruleId}`,
  enabled: true,
  kind: 'words',
  words,
})

const keyOf = (text: string) => repeatedTextKey(wordsOf(text))

describe('several rules', () => {
  const rules = compileRules([
    rule('mild', 'warn', ['a', 'b', 'c']),
    rule('silent', 'allow', ['a']),
    rule('middle', 'hold', ['b', 'c']),
    { ...rule('off', 'refuse', ['a']), enabled: false },
    rule('strict', 'refuse', ['c']),
  ])

  test('those that allow, and those that are off, have nothing to say', () => {
    expect(rules.map(({ ruleId }) => ruleId)).toEqual(['mild', 'middle', 'strict'])
  })

  test('a text that no rule is about is not spoken of', () => {
    expect(judge(rules, said('z'))).toEqual({ refusedBy: undefined, heldBy: [], warnings: [] })
  })

  test('the strictest verdict counts, and every rule that is about the text warns', () => {
    const mild = { rule: 'mild', says: 'about mild' }
    expect(judge(rules, said('a'))).toMatchObject({ heldBy: [], warnings: [mild] })
    expect(judge(rules, said('b'))).toMatchObject({
      heldBy: [{ ruleId: 'middle' }],
      warnings: [mild, { rule: 'middle', says: 'about middle' }],
    })
    expect(judge(rules, said('c'))).toMatchObject({ refusedBy: { ruleId: 'strict' }, heldBy: [] })
  })
})

describe('repeated text', () => {
  const [inThree] = compileRules([
    {
      ruleId: 'r',
      verdict: 'warn',
      says: 's',
      enabled: true,
      kind: 'repeated_text',
      conversations: 3,
    },
  ])
  const text = 'Write to me elsewhere, I pay more!'
  const saidIn = (conversations: number, words = text) =>
    inThree?.isAbout(
      new Saying(words, 'ann', (senderId, key) =>
        senderId === 'ann' && key === keyOf(text) ? conversations : 0,
      ),
    )

  test('counts from the conversation in which it is said', () => {
    expect(saidIn(2)).toBe(false)
    expect(saidIn(3)).toBe(true)
  })

  test('texts of the same words are the same', () => {
    expect(saidIn(3, 'WRITE to me   elsewhere; i pay more')).toBe(true)
    expect(saidIn(3, 'Write to me elsewhere, I pay less!')).toBe(false)
  })

  test('short ones are said by everybody', () => {
    expect(keyOf('Is it available?')).toBeUndefined()
    expect(keyOf('?'.repeat(100))).toBeUndefined()
  })
})

describe('a hostile text of 4,000 characters', () => {
  const base = { verdict: 'warn' as const, says: 's', enabled: true }
  const phrase = Array.from({ length: 50 }, () => 'a').join(' ')
  const everyRule = compileRules([
    { ...base, ruleId: 'listed', kind: 'links', domains: ['bad.example'], match: 'listed' },
    { ...base, ruleId: 'others', kind: 'links', domains: ['good.example'], match: 'unlisted' },
    { ...base, ruleId: 'phone', kind: 'phone_numbers' },
    { ...base, ruleId: 'mail', kind: 'email_addresses' },
    { ...base, ruleId: 'words', kind: 'words', words: [`${phrase} b`, 'x'] },
    { ...base, ruleId: 'repeated', kind: 'repeated_text', conversations: 2 },
  ])
  /** The best of several, since others work on the machine as well. */
  const timeOf = (texts: readonly string[]): number => {
    const times = Array.from({ length: 5 }, () => {
      const begun = performance.now()
      for (const text of texts) judge(everyRule, said(text))
      return performance.now() - begun
    })
    return Math.min(...times)
  }

  test('takes time in proportion to its length', () => {
    const pieces = hostileTexts.flatMap((text) =>
      Array.from({ length: 20 }, (_, nth) => text.slice(nth * 200, (nth + 1) * 200)),
    )
    // A rule that looked at each pair of places would take twenty times as long.
    expect(timeOf(hostileTexts)).toBeLessThan(4 * timeOf(pieces))
  })
})
