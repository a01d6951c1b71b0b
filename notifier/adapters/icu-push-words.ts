// The words of pushes by ICU messages, one file for each language.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { IntlMessageFormat } from 'intl-messageformat'
import { LRUCache } from 'lru-cache'
import { CURRENCY_EXPONENTS } from '../../protocol/currencies.ts'
import { nearestLocale, PUSH_LOCALES, type PushLocale } from '../../protocol/devices.ts'
import { quotation } from '../core/push/payload.ts'
import { type Money, type Saying, SENTENCES, type SentenceKey } from '../core/push/words.ts'
import type { PushWords } from '../ports/push-words.ts'

/** What a device's language tag comes down to. */
interface Tongue {
  readonly sentences: Sentences
  /** Numbers and money are written as there. */
  readonly region: string
}

type Sentences = Readonly<Record<SentenceKey, IntlMessageFormat>>

const folder = join(import.meta.dirname, '..', 'locales')

/** Reads the files. @throws where one of them is not as it must be */
export function createIcuPushWords(): PushWords {
  const languages = new Map(PUSH_LOCALES.map((locale) => [locale, sentencesIn(locale)]))
  // Kept, since finding it takes up to seven locale objects, and fifteen times as long as finding the words.
  const tongues = new LRUCache<string, Tongue>({ max: tonguesMax })
  return {
    say({ title, body }, tag) {
      const tongue = tongues.get(tag) ?? tongueOf(tag, languages)
      tongues.set(tag, tongue)
      return { title: spoken(title, tongue), body: spoken(body, tongue) }
    },
  }
}

/** Devices name what tags they like. */
const tonguesMax = 500

/** The words are of the nearest language there is, numbers and money of the region. */
function tongueOf(tag: string, languages: ReadonlyMap<PushLocale, Sentences>): Tongue {
  const locale = nearestLocale(tag)
  const sentences = languages.get(locale) ?? sentencesIn(locale)
  const isSame = new Intl.Locale(tag).language === new Intl.Locale(locale).language
  return { sentences, region: isSame ? tag : locale }
}

function sentencesIn(locale: PushLocale): Sentences {
  const texts: Record<string, string> = JSON.parse(
    readFileSync(join(folder, `${locale}.json`), 'utf8'),
  )
  const keys = Object.keys(SENTENCES) as SentenceKey[]
  return Object.fromEntries(
    keys.map((key) => {
      const text = texts[key]
      if (text === undefined) throw new Error(`the language ${locale} lacks ${key}`)
      // What is put in is text, and nothing in it is markup.
      return [key, new IntlMessageFormat(text, locale, undefined, { ignoreTag: true })]
    }),
  ) as Sentences
}

function spoken(saying: Saying, { sentences, region }: Tongue): string {
  if ('quoted' in saying) return quotation(saying.quoted)
  const args = Object.entries(saying.args).map(([name, value]) => [
    name,
    typeof value === 'object' ? moneyIn(region, value) : value,
  ])
  return String(sentences[saying.key].format(Object.fromEntries(args)))
}

/** By region and currency: one takes a hundred times longer to make than to ask, and devices name what they like. */
const moneyFormats = new LRUCache<string, Intl.NumberFormat>({ max: 500 })

/** By the minor units of ISO 4217, and without going through a fraction that no number holds exactly. */
function moneyIn(region: string, { amount, currency }: Money): string {
  const digits = CURRENCY_EXPONENTS[currency]
  const name = `${region} ${currency}`
  let format = moneyFormats.get(name)
  if (format === undefined) {
    format = new Intl.NumberFormat(region, {
      style: 'currency',
      currency,
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    })
    moneyFormats.set(name, format)
  }
  return format.format(`${amount}e-${digits}` as `${number}`)
}
