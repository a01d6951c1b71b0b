// A short number in place of a long text. A history of a million answers is compared by their digests:
// two different texts share one with a chance of 2^-53, which is no chance for a test.

/** JSON with sorted keys and without absent members: equal values have equal texts. */
export function canonicalText(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`
  let members = ''
  for (const key of Object.keys(value).toSorted()) {
    const member: unknown = Reflect.get(value, key)
    if (member !== undefined) members += `"${key}":${canonicalText(member)},`
  }
  return `{${members}}`
}

/** 53 bits of a text (two rounds of 32 bits by multiplication and shift, after "cyrb53"). */
export function digestOf(text: string): number {
  let high = 0xdeadbeef
  let low = 0x41c6ce57
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at)
    high = Math.imul(high ^ unit, 2_654_435_761)
    low = Math.imul(low ^ unit, 1_597_334_677)
  }
  high =
    Math.imul(high ^ (high >>> 16), 2_246_822_507) ^ Math.imul(low ^ (low >>> 13), 3_266_489_909)
  low =
    Math.imul(low ^ (low >>> 16), 2_246_822_507) ^ Math.imul(high ^ (high >>> 13), 3_266_489_909)
  return 4_294_967_296 * (2_097_151 & low) + (high >>> 0)
}
