import { describe, expect, test } from 'vitest'
import { FrameError } from './codec.ts'
import { jsonCodec } from './codec-json.ts'

const utf8 = new TextEncoder()

const decode = (frame: string) => jsonCodec.decode(utf8.encode(frame))

describe('a JSON frame', () => {
  test.each([
    ['text that is no JSON', '{"id":1,'],
    ['a __proto__ key', '{"id":1,"rpc":{"method":"m","data":{"__proto__":{"admin":true}}}}'],
    ['a __proto__ key in disguise', '{"id":1,"send":{"data":{"\\u005f_proto__":{}}}}'],
    ['only line feeds', '\n\n'],
    ['a byte order mark', '\uFEFF{}'],
  ])('%s is refused', (_, frame) => {
    expect(() => decode(frame)).toThrow(FrameError)
  })

  test('bytes that are no UTF-8 are refused', () => {
    expect(() => jsonCodec.decode(Uint8Array.of(0x22, 0xff, 0x22))).toThrow(FrameError)
  })

  test('blank lines between commands are nothing', () => {
    expect(decode('\n{}\n \n{}\n')).toHaveLength(2)
  })

  test('a key named constructor is data and touches no prototype', () => {
    decode('{"id":1,"send":{"data":{"constructor":{"prototype":{"polluted":1}}}}}')
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
  })
})
