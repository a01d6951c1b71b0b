// Numbers, and the words of others, as people read them.

const grouped = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const precise = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 })

/** Whole, in groups of three digits. */
export function inCount(value: number): string {
  return grouped.format(value)
}

/** With a digit more where there are few of them. */
export function inRate(perSecond: number): string {
  return perSecond >= 100 ? grouped.format(perSecond) : precise.format(perSecond)
}

export function inMs(ms: number): string {
  return `${inRate(ms)} ms`
}

/** In mebibytes from one on, else in bytes. */
export function inBytes(bytes: number): string {
  const mebibyte = 2 ** 20
  return Math.abs(bytes) < mebibyte ? `${inCount(bytes)} bytes` : `${inRate(bytes / mebibyte)} MiB`
}

/** "1 error", "2 errors". */
export function inTimes(times: number, what: string, plural = 's'): string {
  return `${inCount(times)} ${what}${times === 1 ? '' : plural}`
}

/** The words of a server may hold what a terminal obeys. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '?')
}
