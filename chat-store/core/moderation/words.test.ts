import { describe, expect, test } from 'vitest'
import { said } from './testing/said.ts'
import { wordMatcher } from './words.ts'

const has = wordMatcher(['PayPal', 'Western Union', 'Straße', 'señal', 'σοφός', '违禁', '!!!'])

describe('words', () => {
  test.each([
    'paypal?',
    'PAYPAL',
    'pay by PayPal, please',
    'páyp\u00E1l',
    'pay\u200Bpal',
    'pay\u00ADpal',
    'ＰａｙＰａｌ',
    'western   union',
    'Western-Union',
    'WESTERN\nUNION!',
    'strasse',
    'STRASSE',
    'senal',
    'ΣΟΦΟΣ',
    'σοφος',
    '这是违禁品',
  ])('finds %s', (text) => {
    expect(has(said(text))).toBe(true)
  })

  test.each([
    'paypals',
    'my pay pal',
    'unwestern union',
    'western reunion',
    'western',
    'union western',
    '违 规',
    '!!!',
    '',
  ])('does not find %s', (text) => {
    expect(has(said(text))).toBe(false)
  })

  test('a phrase that begins like another is found on its own', () => {
    const begins = wordMatcher(['bank transfer today', 'bank', 'transfer now'])
    expect(begins(said('bank'))).toBe(true)
    expect(begins(said('bank transfer'))).toBe(true)
    expect(wordMatcher(['bank transfer today', 'transfer now'])(said('bank transfer now'))).toBe(
      true,
    )
  })

  test('no listed words: about nothing', () => {
    expect(wordMatcher([])(said('anything'))).toBe(false)
  })
})
