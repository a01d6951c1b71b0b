import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CURRENCY_EXPONENTS, type Currency } from './currencies.ts'
import { Amount, amountFault, amountMax, CurrencyCode, formatMoney } from './money.ts'

describe('formatMoney', () => {
  test.each([
    [5_000, 'USD', '50.00 USD'],
    [5_000, 'JPY', '5000 JPY'],
    [5_000, 'KWD', '5.000 KWD'],
    [5_000, 'CLF', '0.5000 CLF'],
    [5, 'EUR', '0.05 EUR'],
    [0, 'EUR', '0.00 EUR'],
    [0, 'KRW', '0 KRW'],
    [-5, 'EUR', '-0.05 EUR'],
    [-1_234, 'BHD', '-1.234 BHD'],
    [amountMax, 'USD', '10000000000000.00 USD'],
  ] as const)('%d %s is %s', (amount, currency, text) => {
    expect(formatMoney(amount, currency)).toBe(text)
  })

  test('the digits are the amount’s own, whatever the currency', () => {
    const currency = fc.constantFrom(...(Object.keys(CURRENCY_EXPONENTS) as Currency[]))
    fc.assert(
      fc.property(fc.integer({ min: 0, max: amountMax }), currency, (amount, code) => {
        const [major = '', name] = formatMoney(amount, code).split(' ')
        expect(Number(major.replace('.', ''))).toBe(amount)
        expect(major.split('.')[1]?.length ?? 0).toBe(CURRENCY_EXPONENTS[code])
        expect(name).toBe(code)
      }),
    )
  })
})

describe('the exponents of ISO 4217', () => {
  test.each([
    ['USD', 2],
    ['EUR', 2],
    ['HUF', 2],
    ['JPY', 0],
    ['KRW', 0],
    ['BHD', 3],
    ['KWD', 3],
    ['OMR', 3],
    ['TND', 3],
    ['CLF', 4],
  ] as const)('%s has %d decimals', (currency, exponent) => {
    expect(CURRENCY_EXPONENTS[currency]).toBe(exponent)
  })
})

describe('amountFault', () => {
  test.each([
    [1, undefined],
    [amountMax, undefined],
    [0, 'negative'],
    [-0, 'negative'],
    [-1, 'negative'],
    [0.5, 'non_integer'],
    [-0.5, 'non_integer'],
    [Number.NaN, 'non_integer'],
    [Number.NEGATIVE_INFINITY, 'non_integer'],
    [amountMax + 1, 'too_large'],
    [2 ** 53, 'too_large'],
    [Number.POSITIVE_INFINITY, 'too_large'],
  ])('%d: %s', (amount, fault) => {
    expect(amountFault(amount)).toBe(fault)
  })

  test('a lot takes exactly the amounts that can be bid', () => {
    fc.assert(
      fc.property(fc.oneof(fc.integer(), fc.maxSafeInteger(), fc.double()), (amount) => {
        expect(Amount.safeParse(amount).success).toBe(amountFault(amount) === undefined)
      }),
    )
  })
})

describe('a currency code', () => {
  test.each(['USD', 'XOF'])('%s is one', (code) => {
    expect(CurrencyCode.safeParse(code).success).toBe(true)
  })
  test.each(['usd', 'US', 'XAU', 'XXX', 'BTC', '', 'toString', 5, null])('%j is none', (code) => {
    expect(CurrencyCode.safeParse(code).success).toBe(false)
  })
})
