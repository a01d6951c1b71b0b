import { describe, expect, test } from 'vitest'
import { hasEmailAddress } from './email-addresses.ts'

describe('e-mail addresses', () => {
  test.each([
    'ann@mail.example',
    'Write to ANN.LEE+bids@Shop.Mail.Example.',
    '<ann@mail.example>',
    'ann (at) mail (dot) example',
    'ann(at)mail.example',
    'ann [at] mail [dot] example',
    'ann {AT} mail {DOT} example',
    'ann (@) mail.example',
    'ann @ mail . example',
    'ann at mail dot example',
    'ann at gmail.com',
    'ann at gmail dot com',
    'ann  (at)\nmail dot example',
    'müller@bücher.example',
    'ａｎｎ＠mail.example',
    'ann@xn--bcher-kva.example',
  ])('finds %s', (text) => {
    expect(hasEmailAddress(text)).toBe(true)
  })

  test.each([
    '@ann, look',
    'hello @ann.',
    '2 pieces @ 5.00',
    '3@4.50',
    'meet me at noon',
    'look at example.com',
    'at the dot com boom',
    'a polka dot dress',
    'ann@localhost',
    'ann@mail..example',
    'half (at most) of it',
    '',
  ])('does not find %s', (text) => {
    expect(hasEmailAddress(text)).toBe(false)
  })
})
