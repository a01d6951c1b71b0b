import { describe, expect, test } from 'vitest'
import { FrameError, frameBytesMax } from './codec.ts'
import { msgpackCodec } from './codec-msgpack.ts'
import { joinPacked, packValue } from './msgpack-frame.ts'

const utf8 = new TextEncoder()

/** A frame of one `send` whose data is these bytes. */
const sending = (...data: number[]) =>
  Uint8Array.of(
    0x91,
    0x82,
    0xa2,
    0x69,
    0x64,
    1,
    0xa4,
    0x73,
    0x65,
    0x6e,
    0x64,
    0x81,
    0xa4,
    0x64,
    0x61,
    0x74,
    0x61,
    ...data,
  )
const dataOf = (frame: Uint8Array): unknown => {
  const [message] = msgpackCodec.decode(frame)
  return message?.name === 'send' ? message.params.data : undefined
}

describe('a MessagePack frame', () => {
  test.each([
    ['nil', [0xc0], null],
    ['float 32', [0xca, 0x3f, 0xc0, 0, 0], 1.5],
    ['float 64', [0xcb, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0], 1.5],
    ['uint 64', [0xcf, 0, 0, 0, 1, 0, 0, 0, 0], 2 ** 32],
    ['int 64', [0xd3, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], -1],
    ['str 8', [0xd9, 1, 0x61], 'a'],
    ['str 16', [0xda, 0, 1, 0x61], 'a'],
    ['str 32', [0xdb, 0, 0, 0, 1, 0x61], 'a'],
    ['array 16', [0xdc, 0, 1, 1], [1]],
    ['array 32', [0xdd, 0, 0, 0, 1, 1], [1]],
    ['map 16', [0xde, 0, 1, 0xa1, 0x61, 1], { a: 1 }],
    ['map 32', [0xdf, 0, 0, 0, 1, 0xa1, 0x61, 1], { a: 1 }],
    ['a long key', [0x81, 0xd9, 1, 0x61, 1], { a: 1 }],
  ])('%s is read', (_, data, value) => {
    expect(dataOf(sending(...data))).toStrictEqual(value)
  })

  test.each([
    ['bin 8', [0xc4, 1, 0]],
    ['bin 16', [0xc5, 0, 1, 0]],
    ['bin 32', [0xc6, 0, 0, 0, 1, 0]],
    ['the byte 0xc1', [0xc1]],
    ['ext 8', [0xc7, 1, 5, 0]],
    ['ext 16', [0xc8, 0, 1, 5, 0]],
    ['ext 32', [0xc9, 0, 0, 0, 1, 5, 0]],
    ['fixext 1', [0xd4, 0, 0]],
    ['a record definition of msgpackr', [0xd4, 0x72, 0x40, 0x91, 0xa1, 0x61, 1]],
    ['a timestamp', [0xd6, 0xff, 0, 0, 0, 0]],
    ['a number as a key', [0x81, 1, 1]],
    ['an array as a key', [0x81, 0x90, 1]],
    ['a __proto__ key', [0x81, 0xa9, ...utf8.encode('__proto__'), 0x80]],
    ['a __proto__ key spelt long', [0x81, 0xd9, 9, ...utf8.encode('__proto__'), 0x80]],
    ['NaN', [0xcb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0]],
    ['an infinity', [0xca, 0x7f, 0x80, 0, 0]],
    ['a string that is no UTF-8', [0xa2, 0xc3, 0x28]],
    ['a surrogate in a string', [0xa3, 0xed, 0xa0, 0x80]],
    ['a string that is cut short', [0xa5, 0x61]],
    ['a string of 4 GiB', [0xdb, 0xff, 0xff, 0xff, 0xff, 0x61]],
    ['an array of 4 billion', [0xdd, 0xff, 0xff, 0xff, 0xff, 1]],
    ['a map of 4 billion', [0xdf, 0xff, 0xff, 0xff, 0xff, 0xa1, 0x61, 1]],
    ['bytes after the array', [0xc0, 0xc0]],
  ])('%s is refused', (_, data) => {
    expect(() => msgpackCodec.decode(sending(...data))).toThrow(FrameError)
  })

  test('a key that only ends in __proto__ is a key', () => {
    const key = utf8.encode('a__proto__')
    expect(dataOf(sending(0x81, 0xa0 | key.length, ...key, 1))).toEqual({ a__proto__: 1 })
  })

  test('an integer beyond 2^53 arrives rounded, as in JSON', () => {
    const data = dataOf(sending(0xcf, 0, 0x20, 0, 0, 0, 0, 0, 1)) // 2^53 + 1
    expect(data).toBe(2 ** 53)
    expect(data).toBe(JSON.parse('9007199254740993'))
  })

  test('a frame that is not an array is refused', () => {
    expect(() => msgpackCodec.decode(packValue({ id: 1, send: {} }))).toThrow(FrameError)
  })

  test('a frame above 64 KiB is refused', () => {
    const large = packValue({ id: 1, send: { data: 'x'.repeat(frameBytesMax) } })
    expect(() => msgpackCodec.decode(joinPacked([large]))).toThrow(FrameError)
  })

  test('a frame inside a larger buffer is read from its own bytes alone', () => {
    const frame = sending(0xa3, 0x61, 0x62, 0x63)
    const larger = new Uint8Array(frame.length + 64).fill(0xc1)
    larger.set(frame, 32)
    expect(dataOf(larger.subarray(32, 32 + frame.length))).toBe('abc')
  })
})
