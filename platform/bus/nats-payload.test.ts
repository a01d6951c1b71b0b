import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decode, decodeList, encode, encodeList, parcelsOf } from './nats-payload.ts'

/** Plain data as the port means it. */
const text = fc.string({ unit: 'grapheme' })
const plain = fc.anything({
  key: text.filter((key) => key !== '__proto__'),
  values: [
    fc.boolean(),
    fc.constantFrom(null, undefined),
    fc.maxSafeInteger(),
    // A zero comes back without its sign.
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
    text,
  ],
})

describe('the payload of a message', () => {
  test('comes back as it was', () => {
    fc.assert(
      fc.property(plain, (message) => {
        expect(decode(encode(message))).toEqual({ message })
      }),
    )
  })

  test.each([0, 1, 7, 8, 9, 200])('%d messages come back as they were, in order', (count) => {
    const messages = Array.from({ length: count }, (_, at) => ({
      type: 'place_bid',
      amount: Number.MAX_SAFE_INTEGER - at,
      note: at % 2 === 0 ? undefined : 'grüße 👋🏽',
      actor: { userId: `u${at}`, roles: at % 3 === 0 ? [] : ['seller'] },
    }))
    expect(decodeList(encodeList(messages))).toEqual(messages)
  })

  test('lists of anything come back as they were', () => {
    const lists = fc.array(plain, { maxLength: 20 })
    fc.assert(
      fc.property(lists, (messages) => {
        expect(decodeList(encodeList(messages))).toEqual(messages)
      }),
    )
  })

  test('what one payload taught the reader means nothing in the next', () => {
    const many = encodeList(Array.from({ length: 10 }, (_, at) => ({ a: at, b: at })))
    const others = encodeList(Array.from({ length: 10 }, (_, at) => ({ c: at, d: at })))
    decodeList(many)
    expect(decodeList(others)?.[9]).toEqual({ c: 9, d: 9 })
    expect(decodeList(many)?.[9]).toEqual({ a: 9, b: 9 })
  })

  test('I16: bytes of any kind are read or refused, and never throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        decode(bytes)
        decodeList(bytes)
      }),
      { numRuns: 2_000 },
    )
  })

  test('a payload that is cut off, or goes on, is refused', () => {
    const payload = encode({ lotId: 'a lot', seq: 7 })
    expect(decode(payload.subarray(0, -1))).toBeUndefined()
    expect(decode(new Uint8Array([...payload, 1]))).toBeUndefined()
    expect(decode(new Uint8Array())).toBeUndefined()
    expect(decodeList(payload)).toBeUndefined()
  })
})

const itself = (item: unknown) => item

describe('parcels', () => {
  test('hold everything once and in order, none above the bound but single items', () => {
    const texts = fc.array(fc.string({ maxLength: 60 }), { maxLength: 40 })
    fc.assert(
      fc.property(texts, fc.integer({ min: 10, max: 200 }), (items, bytesMax) => {
        const parcels = parcelsOf(items, itself, bytesMax)
        expect(parcels.flatMap((parcel) => parcel.items)).toEqual(items)
        for (const { items: together, payload } of parcels) {
          expect(payload).toBeInstanceOf(Uint8Array)
          if (payload instanceof Error) continue
          expect(decodeList(payload)).toEqual(together)
          if (together.length > 1) expect(payload.length).toBeLessThanOrEqual(bytesMax)
        }
      }),
    )
  })

  test('what cannot be written is alone, and keeps nothing else from travelling', () => {
    const parcels = parcelsOf([1, 2, Symbol('x'), 4, 5], itself, 1_000)
    expect(parcels.filter(({ payload }) => payload instanceof Error)).toMatchObject([
      { items: [expect.any(Symbol)] },
    ])
    expect(parcels.flatMap(({ items }) => items)).toHaveLength(5)
  })
})
