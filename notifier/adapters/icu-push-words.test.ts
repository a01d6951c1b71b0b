import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { IntlMessageFormat } from 'intl-messageformat'
import { describe, expect, test } from 'vitest'
import { PUSH_LOCALES } from '../../protocol/devices.ts'
import { type Money, SENTENCES, type SentenceKey } from '../core/push/words.ts'
import { createIcuPushWords } from './icu-push-words.ts'

const words = createIcuPushWords()

/** The body of the one sentence, as a speaker of `locale` reads it. */
function body(key: SentenceKey, args: Record<string, string | number | Money>, locale: string) {
  return words.say({ title: { quoted: '' }, body: { key, args } }, locale).body
}

/** The names of what is put into a sentence. */
function argumentsOf(text: string): string[] {
  const names = new Set<string>()
  const visit = (elements: readonly object[]): void => {
    for (const element of elements) {
      // Literals (0) and the number of a plural (7) name nothing.
      if ('value' in element && 'type' in element && element.type !== 0)
        names.add(String(element.value))
      if ('options' in element) {
        for (const option of Object.values(
          element.options as Record<string, { value: object[] }>,
        )) {
          visit(option.value)
        }
      }
    }
  }
  visit(new IntlMessageFormat(text, 'en', undefined, { ignoreTag: true }).getAst())
  return [...names].toSorted()
}

describe('the languages', () => {
  test.each(PUSH_LOCALES)(
    '%s has every sentence, no other, and the same put into each',
    async (locale) => {
      const file = join(import.meta.dirname, '..', 'locales', `${locale}.json`)
      const texts: Record<string, string> = JSON.parse(await readFile(file, 'utf8'))
      expect(Object.keys(texts).toSorted()).toEqual(Object.keys(SENTENCES).toSorted())
      for (const [key, args] of Object.entries(SENTENCES)) {
        expect(argumentsOf(texts[key] ?? ''), key).toEqual([...args].toSorted())
      }
    },
  )

  test.each([
    ['de', 'Neue Nachricht'],
    ['de-AT', 'Neue Nachricht'],
    ['pt', 'Nova mensagem'],
    ['pt-PT', 'Nova mensagem'],
    ['ja-JP', '新着メッセージ'],
    ['fr-CA', 'Nouveau message'],
    ['es-419', 'Mensaje nuevo'],
    ['zh-Hant-TW', 'New message'],
    ['tlh', 'New message'],
  ])('a speaker of %s reads “%s”', (locale, title) => {
    const sayings = { title: { key: 'message.title', args: {} }, body: { quoted: '' } } as const
    expect(words.say(sayings, locale).title).toBe(title)
  })
})

describe('money', () => {
  test.each([
    ['en', 'USD', 123_456, '$1,234.56'],
    ['en', 'JPY', 123_456, '¥123,456'],
    ['de', 'EUR', 123_456, '1.234,56 €'],
    ['de-AT', 'EUR', 123_456, '€ 1.234,56'],
    ['fr', 'EUR', 123_456, '1 234,56 €'],
    ['ja', 'JPY', 5_000, '￥5,000'],
    ['pt-BR', 'BRL', 5_000, 'R$ 50,00'],
    ['en', 'BHD', 1_234_567, 'BHD 1,234.567'],
    ['en', 'HUF', 123_456, 'HUF 1,234.56'],
    ['en', 'USD', 10 ** 15, '$10,000,000,000,000.00'],
  ] as const)('in %s, %s %i is %s', (locale, currency, amount, expected) => {
    const said = body('offer.body', { amount: { amount, currency } }, locale)
    expect(said.replaceAll(/[\u00a0\u202f]/g, ' ')).toBe(expected)
  })
})

describe('what is put in', () => {
  test('is text, whatever it looks like', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.constantFrom(...PUSH_LOCALES),
        (title, locale) => {
          expect(body('lot_lost.unsold', { title }, locale)).toContain(title)
        },
      ),
    )
    expect(body('lot_lost.unsold', { title: '<b>{price}</b>' }, 'en')).toBe(
      '<b>{price}</b> was not sold.',
    )
  })

  test.each([
    [1, 1, '1 message, 1 other notification'],
    [3, 2, '3 messages, 2 other notifications'],
  ])('counts decide the form: %i and %i', (messages, others, expected) => {
    expect(body('digest.both', { messages, others }, 'en')).toBe(expected)
  })

  test('a quotation is nobody’s to translate', () => {
    const sayings = { title: { quoted: 'Palm {x}' }, body: { quoted: 'hé' } }
    expect(words.say(sayings, 'ja')).toEqual({ title: 'Palm {x}', body: 'hé' })
  })
})
