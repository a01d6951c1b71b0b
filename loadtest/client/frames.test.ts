// Frames by the letter of RFC 6455, however TCP cuts them.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { closeOf, encodeFrame, OPCODES, readFrames, WebSocketFault } from './frames.ts'

/** As a server sends it: the same without the mask. */
function serverFrame(opcode: number, payload: Buffer, isLast = true): Buffer {
  const masked = encodeFrame(OPCODES.binary, payload)
  const head = masked.length - payload.length - 4
  const frame = Buffer.concat([masked.subarray(0, head), payload])
  frame[0] = (isLast ? 0x80 : 0) | opcode
  frame[1] = (frame[1] ?? 0) & 0x7f
  return frame
}

function read(bytes: Buffer): {
  readonly frames: readonly [number, string, boolean][]
  readonly used: number
} {
  const frames: [number, string, boolean][] = []
  const used = readFrames(bytes, (opcode, payload, isLast) => {
    frames.push([opcode, payload.toString('hex'), isLast])
  })
  return { frames, used }
}

test.each([0, 1, 125, 126, 127, 65_535, 65_536, 70_000])('a payload of %i bytes', (length) => {
  const payload = Buffer.alloc(length, 7)
  const frame = serverFrame(OPCODES.binary, payload)
  expect(read(frame)).toEqual({
    frames: [[OPCODES.binary, payload.toString('hex'), true]],
    used: frame.length,
  })
})

test('what a client sends is masked, by zeros', () => {
  expect(encodeFrame(OPCODES.text, 'hé')).toEqual(
    Buffer.from([0x81, 0x83, 0, 0, 0, 0, 0x68, 0xc3, 0xa9]),
  )
})

test('however TCP cuts them, the same frames come out, and nothing twice', () => {
  const payloads = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 })
  const cuts = fc.array(fc.nat({ max: 400 }), { maxLength: 20 })
  fc.assert(
    fc.property(payloads, cuts, (all, places) => {
      const frames = all.map((payload) => serverFrame(OPCODES.text, Buffer.from(payload)))
      const bytes = Buffer.concat(frames)
      const seen: string[] = []
      let rest: Buffer = Buffer.alloc(0)
      const ends = [...places.map((place) => place % (bytes.length + 1)), bytes.length]
      let from = 0
      for (const end of ends.toSorted((one, other) => one - other)) {
        rest = Buffer.concat([rest, bytes.subarray(from, end)])
        from = end
        const used = readFrames(rest, (_, payload) => void seen.push(payload.toString('hex')))
        rest = rest.subarray(used)
      }
      expect(rest).toHaveLength(0)
      expect(seen).toEqual(all.map((payload) => Buffer.from(payload).toString('hex')))
    }),
  )
})

test.each([
  ['a masked frame', Buffer.from([0x81, 0x80, 0, 0, 0, 0])],
  ['bits of an extension', Buffer.from([0xc1, 0x00])],
  ['a frame of exabytes', Buffer.from([0x82, 0x7f, 0x7f, 0, 0, 0, 0, 0, 0, 0])],
])('a server that sends %s breaks the rules', (_, bytes) => {
  expect(() => read(bytes)).toThrow(WebSocketFault)
})

test('a close says its code and reason, or neither', () => {
  expect(closeOf(Buffer.from([0x0b, 0xb9, 0x62, 0x79, 0x65]))).toEqual({
    code: 3001,
    reason: 'bye',
  })
  expect(closeOf(Buffer.alloc(0))).toEqual({ code: 1005, reason: '' })
})
