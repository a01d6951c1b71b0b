// A text as a rule gets it, said by somebody who says nothing twice.
import { Saying } from '../rule.ts'

export function said(text: string): Saying {
  return new Saying(text, 'ann', () => 1)
}

/** Texts of the greatest length that are hard on expressions which look at a place again and again. */
export const hostileTexts: readonly string[] = [
  'a',
  'a.',
  'a-',
  '@',
  'a@',
  '1',
  '1 ',
  '+1',
  '01-',
  '1.1.',
  '(',
  '( ',
  ' ',
  'a at ',
  'a dot ',
  '://',
  'x://a@',
  'www.',
  'ü.',
  '\u0301',
  'a\u200B',
  '漢',
].map((piece) => `${piece.repeat(4_000).slice(0, 3_999)}!`)
