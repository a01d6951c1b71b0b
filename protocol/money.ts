// Money: whole minor units of an ISO 4217 currency (5000 USD = 50.00 dollars). There is no fraction
// and no floating point anywhere: an amount is an integer of at most 10^15, which a JSON number, a
// JavaScript number and a bigint column all hold exactly.
import { z } from 'zod'
import { CURRENCY_EXPONENTS, type Currency } from './currencies.ts'

/** Ten trillion major units at exponent 2; below 2^53 ≈ 9.007 × 10^15, so sums of a few stay exact. */
export const amountMax = 10 ** 15

/** An amount where a wrong one is a malformed request (a lot's prices; a bid's amount is refused, not malformed). */
export const Amount = z
  .number()
  .int({ message: 'expected a whole number of minor units' })
  .min(1, { message: 'expected at least 1 minor unit' })
  .max(amountMax, { message: 'expected at most 10^15 minor units' })

const codes = Object.keys(CURRENCY_EXPONENTS) as [Currency, ...Currency[]]

/** An alphabetic ISO 4217 code in capitals. */
export const CurrencyCode = z.enum(codes, { message: 'expected an ISO 4217 currency code' })
export type { Currency }

export type AmountFault = 'non_integer' | 'negative' | 'too_large'

/** Why `amount` can not be bid, or undefined where it can. Zero counts as negative: nobody can owe nothing. */
export function amountFault(amount: number): AmountFault | undefined {
  if (amount > amountMax) return 'too_large'
  if (!Number.isInteger(amount)) return 'non_integer'
  return amount <= 0 ? 'negative' : undefined
}

/** `formatMoney(5000, 'USD')` is `50.00 USD`; `formatMoney(5000, 'JPY')` is `5000 JPY`. */
export function formatMoney(amount: number, currency: Currency): string {
  const exponent = CURRENCY_EXPONENTS[currency]
  if (exponent === 0) return `${amount} ${currency}`
  const digits = String(Math.abs(amount)).padStart(exponent + 1, '0')
  const sign = amount < 0 ? '-' : ''
  return `${sign}${digits.slice(0, -exponent)}.${digits.slice(-exponent)} ${currency}`
}
