// What an environment variable can be. Each is a zod schema from its text to its value, so
// `.optional()` and `.default(value)` work on it; its message says what was expected.
import ipaddr from 'ipaddr.js'
import { z } from 'zod'
import { type LimitSetting, parseLimit } from './limits/parse-limit.ts'
import { parseRedisUrl } from './redis/redis-url.ts'

type Variable<T> = z.ZodType<T, string>

const portMax = 65_535
const upToFiveDigits = /^\d{1,5}$/u
const digits = /^\d{1,15}$/u
const durationSpelling = /^(\d{1,12})(ms|s|m|h|d)$/u
const bytesSpelling = /^(\d{1,12})(B|KiB|MiB|GiB)?$/u
const unitMs = new Map([
  ['ms', 1],
  ['s', 1_000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
])
const unitBytes = new Map([
  ['B', 1],
  ['KiB', 1024],
  ['MiB', 1024 ** 2],
  ['GiB', 1024 ** 3],
])
const truths = new Map([
  ...['true', 'yes', 'on', '1'].map((word) => [word, true] as const),
  ...['false', 'no', 'off', '0'].map((word) => [word, false] as const),
])

export const variable = {
  /** Any text. */
  text: (): Variable<string> => read('a text', (text) => text),

  /** A text that nobody guesses; at least as many characters as said. */
  secret: (charactersMin: number): Variable<string> =>
    read(`a secret of at least ${charactersMin} characters`, (text) =>
      text.length >= charactersMin ? text : undefined,
    ),

  /** A TCP port; 0 where any free one will do. */
  port: (): Variable<number> =>
    read(`a port from 0 (any free one) to ${portMax}`, (text) =>
      upToFiveDigits.test(text) && Number(text) <= portMax ? Number(text) : undefined,
    ),

  wholeNumber: ({ min = 0, max = Number.MAX_SAFE_INTEGER } = {}): Variable<number> =>
    read(`a whole number from ${min} to ${max}`, (text) => {
      const number = Number(text)
      return digits.test(text) && number >= min && number <= max ? number : undefined
    }),

  flag: (): Variable<boolean> => read('true or false', (text) => truths.get(text.toLowerCase())),

  oneOf: <const Words extends readonly string[]>(words: Words): Variable<Words[number]> =>
    read(`one of ${words.join(', ')}`, (text) => words.find((word) => word === text)),

  /** `250ms`, `5s`, `10m`, `2h`, `1d` → milliseconds. */
  durationMs: (): Variable<number> =>
    read('a duration such as 250ms, 5s, 10m, 2h or 1d', (text) => {
      const [, count, unit = ''] = durationSpelling.exec(text) ?? []
      return measure(count, unitMs.get(unit))
    }),

  /** `65536`, `64KiB`, `1MiB`, `2GiB` → bytes. */
  bytes: (): Variable<number> =>
    read('a size such as 65536, 64KiB, 1MiB or 2GiB', (text) => {
      const [, count, unit = 'B'] = bytesSpelling.exec(text) ?? []
      return measure(count, unitBytes.get(unit))
    }),

  /** An address of one of the schemes, such as `postgres` or `https`. */
  url: (...schemes: readonly string[]): Variable<string> =>
    read(`an address beginning with ${spelt(schemes)}`, (text) => urlOf(text, schemes)),

  /** Addresses of one of the schemes, divided by commas. */
  urls: (...schemes: readonly string[]): Variable<readonly string[]> =>
    read(`addresses beginning with ${spelt(schemes)}, divided by commas`, (text) =>
      all(text.split(',').map((part) => urlOf(part.trim(), schemes))),
    ),

  /** Texts, divided by commas. */
  list: (): Variable<readonly string[]> =>
    read('texts divided by commas, none of them empty', (text) =>
      all(text.split(',').map((part) => part.trim() || undefined)),
    ),

  /** Networks of IP addresses, divided by commas. */
  networks: (): Variable<readonly string[]> =>
    read('networks such as 10.2.0.0/16 or fd00::/8, divided by commas', (text) =>
      all(text.split(',').map((part) => networkOf(part.trim()))),
    ),

  /** `5/1s`, `50/1s+100`, `off`. */
  limit: (): Variable<LimitSetting> => readOrSay('expected a limit', parseLimit),

  /** `redis://host:port`, or several addresses of a cluster. */
  redisUrl: (): Variable<string> =>
    readOrSay('expected the address of a Redis', (text) => {
      parseRedisUrl(text)
      return text
    }),
}

/** `parse` throws a RangeError that says what was expected. */
function readOrSay<T>(unset: string, parse: (text: string) => T): Variable<T> {
  return z.string({ error: unset }).transform((text, context) => {
    try {
      return parse(text)
    } catch (error) {
      const message = error instanceof RangeError ? error.message : String(error)
      context.issues.push({ code: 'custom', message, input: text })
      return z.NEVER
    }
  })
}

/** `parse` returns undefined for what is not as expected. White space around a value means nothing. */
function read<T>(expected: string, parse: (text: string) => T | undefined): Variable<T> {
  const message = `expected ${expected}`
  return z.string({ error: message }).transform((text, context) => {
    const value = parse(text.trim())
    if (value !== undefined) return value
    context.issues.push({ code: 'custom', message, input: text })
    return z.NEVER
  })
}

function measure(count: string | undefined, unit: number | undefined): number | undefined {
  if (count === undefined || unit === undefined) return undefined
  const value = Number(count) * unit
  return Number.isSafeInteger(value) ? value : undefined
}

function spelt(schemes: readonly string[]): string {
  return schemes.map((scheme) => `${scheme}://`).join(' or ')
}

function urlOf(text: string, schemes: readonly string[]): string | undefined {
  if (!URL.canParse(text)) return undefined
  return schemes.some((scheme) => text.startsWith(`${scheme}://`)) ? text : undefined
}

function networkOf(text: string): string | undefined {
  return ipaddr.isValidCIDR(text) ? text : undefined
}

function all<T>(values: readonly (T | undefined)[]): readonly T[] | undefined {
  const whole = values.filter((value) => value !== undefined)
  return whole.length === values.length ? whole : undefined
}
