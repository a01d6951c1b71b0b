// Whether a text holds a phone number. A heuristic, since numbers of all kinds look alike:
//
// - `+` or `00` and a country code, at least 8 digits in all: +49 170 1234567, 0044-20-7946-0958
// - a national number with its leading 0, 9 to 12 digits in all: 0170 1234567, (030) 1234567, 06.12.34.56.78
// - a North American number in its three groups: (555) 234-5678, 1-800-234-5678
//
// Digits may stand apart by up to two of space . - / ( ). What follows a letter, # or a comma directly
// (A0123456789, #0123456789, 1,000) is no phone number, nor are dates; a long number without a leading
// 0 or + is taken for that of an order, and one with a grouped thousand for a price.

/** Where the digits of other scripts begin: Arabic, Persian, Devanagari, Bengali, Thai. */
const zeros = [0x660, 0x6f0, 0x966, 0x9e6, 0xe50]
const foreignDigit = /[\u0660-\u0669\u06F0-\u06F9\u0966-\u096F\u09E6-\u09EF\u0E50-\u0E59]/g
const otherSpace = /[\u00A0\u2000-\u200B\u202F]/g
const otherDash = /[\u2010-\u2015\u2212]/g

/** A day, so that `05.12.2024 10` is not the beginning of a number; but not a piece of 06.12.34.56.78. */
const date =
  /(?<![\d./-])(?:\d{1,2}([./-])\d{1,2}\1(?:\d{4}|\d{2})|\d{4}-\d{2}-\d{2})(?!\d|[./-]\d)/g

/** Digits and what may stand between them, as long as it goes. */
const run = /[+(\d][\d ()+./-]{6,}/g
/** Glued to one of these it is a piece of something else. */
const notBefore = /[\p{L}\p{N}#,_/=-]/u
const notAfter = /[\p{L}_@]/u
const separators = /[ ().\-/]+/

/** Whether somebody can be called by what the text says. */
export function hasPhoneNumber(text: string): boolean {
  // Most texts hold no digit.
  if (!/\p{Nd}/u.test(text)) return false
  const plain = text
    .normalize('NFKC')
    .replace(foreignDigit, asciiDigit)
    .replace(otherSpace, ' ')
    .replace(otherDash, '-')
    .replace(date, ' x ')
  for (const { 0: found, index } of plain.matchAll(run)) {
    if (notAfter.test(plain[index + found.length] ?? '') && /\d$/.test(found)) continue
    // Every plus begins a number; what is before the first may be one without.
    const [before = '', ...international] = found.split('+')
    if (international.some(isInternational)) return true
    if (isLocal(before) && !notBefore.test(plain[index - 1] ?? '')) return true
  }
  return false
}

function asciiDigit(digit: string): string {
  const code = digit.charCodeAt(0)
  const zero = zeros.findLast((first) => first <= code) ?? code
  return String(code - zero)
}

function isInternational(number: string): boolean {
  if (/[ ().\-/]{3}/.test(number.trim())) return false
  const digits = groupsOf(number).join('')
  return /^[1-9]/.test(digits) && digits.length >= 8
}

function isLocal(number: string): boolean {
  const groups = groupsOf(number)
  const digits = groups.join('')
  if (/^00[1-9]/.test(digits) && digits.length >= 10 && groups[0] !== '0') return true
  if (isNorthAmerican(groups)) return true
  // A first group of one 0 is the beginning of a fraction: 0.123456789.
  const isNational = /^0[1-9]/.test(digits) && groups[0] !== '0'
  return isNational && digits.length >= 9 && digits.length <= 12
}

function isNorthAmerican(groups: readonly string[]): boolean {
  const [area = '', exchange = '', line = '', ...rest] =
    groups[0] === '1' ? groups.slice(1) : groups
  const form = /^[2-9]\d\d$/
  return form.test(area) && form.test(exchange) && /^\d{4}$/.test(line) && rest.length === 0
}

function groupsOf(number: string): readonly string[] {
  return number.split(separators).filter((group) => group !== '')
}
