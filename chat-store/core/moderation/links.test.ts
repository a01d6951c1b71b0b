import { describe, expect, test } from 'vitest'
import { linkMatcher } from './links.ts'
import { said } from './testing/said.ts'

const toBad = linkMatcher(['bad.example', 'bücher.example', '*.worse.example'], 'listed')
const toOthers = linkMatcher(['outcry.example', 'good.com'], 'unlisted')

describe('links to listed domains', () => {
  test.each([
    'https://bad.example',
    'HTTP://BAD.EXAMPLE/path?x=1',
    'see bad.example, please',
    'see bad.example.',
    '(www.bad.example)',
    'shop.eu.bad.example:8080/x',
    'https://user:secret@bad.example/',
    'https://good.com@bad.example',
    '//bad.example/x',
    'xn--bcher-kva.example',
    'BÜCHER.example',
    'bad。example',
    'deep.worse.example',
    'first good.com then bad.example',
    'good.com/bad.example',
  ])('finds %s', (text) => {
    expect(toBad(said(text))).toBe(true)
  })

  test.each([
    'https://good.com/bad.example.html?no',
    'notbad.example.org',
    'verybad.example',
    'bad.example.org',
    'ann@bad.example',
    'bad example',
    'bad',
    '',
  ])('does not find %s', (text) => {
    expect(toBad(said(text))).toBe(false)
  })
})

describe('links to all but the listed domains', () => {
  test.each([
    'https://other.museum/x',
    'http://192.0.2.1/',
    'http://localhost/',
    'www.other.museum',
    'other.museum/x',
    'other.com',
    'buy at Other.COM today',
    'shop.other.de',
    'good.com.other.net',
    'ftp://files.other.org',
    'https://good.com@other.org',
    `https://${'a'.repeat(300)}.com`,
  ])('finds %s', (text) => {
    expect(toOthers(said(text))).toBe(true)
  })

  test.each([
    'https://good.com/x',
    'my.good.com',
    'www.good.com.',
    'outcry.example/lots/1',
    'mail me: ann@other.com',
    'It is done.So what?',
    'see notes.txt',
    'price 3.50, v1.2.3, at 12.05.2024',
    'wait...what',
    'did you read notes.txt?',
    'good.com/index.pl',
    'for Mr.Smith/Jones',
    'e.g. this',
  ])('does not find %s', (text) => {
    expect(toOthers(said(text))).toBe(false)
  })
})
