// Looks over the bytes of a MessagePack frame before the library reads them, so that a hostile frame
// can neither exhaust the stack nor make objects that JSON could not. What passes is one array of
// plain values: nil, booleans, finite numbers, UTF-8 strings, arrays, and maps with string keys.
// Source: the MessagePack specification (github.com/msgpack/msgpack/blob/master/spec.md).
import { depthMax, FrameError } from './codec.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const PROTO = '__proto__'

/**
 * Checks that `bytes` is exactly one array of plain values, nested at most `depthMax` deep.
 * @throws FrameError where it is not.
 */
export function scanMessagePack(bytes: Uint8Array): void {
  const head = byteAt(bytes, 0)
  const isArray = (head >= 0x90 && head <= 0x9f) || head === 0xdc || head === 0xdd
  if (!isArray) throw new FrameError('the frame is not a MessagePack array')
  const end = endOfValue(bytes, 0, 0)
  if (end !== bytes.length) throw new FrameError('bytes follow the array')
}

/** Where the value that begins at `at` ends; it lies within `depth` arrays and maps. */
function endOfValue(bytes: Uint8Array, at: number, depth: number): number {
  const head = byteAt(bytes, at)
  const next = at + 1
  if (head <= 0x7f || head >= 0xe0) return next
  if (head <= 0x8f) return endOfMap(bytes, next, head & 0x0f, depth)
  if (head <= 0x9f) return endOfArray(bytes, next, head & 0x0f, depth)
  if (head <= 0xbf) return endOfString(bytes, next, head & 0x1f)
  switch (head) {
    case 0xc0: // nil
    case 0xc2: // false
    case 0xc3: // true
      return next
    case 0xca: // float 32
      return endOfFloat(bytes, next, 4)
    case 0xcb: // float 64
      return endOfFloat(bytes, next, 8)
    case 0xcc: // uint 8, 16, 32, 64
    case 0xcd:
    case 0xce:
    case 0xcf:
      return skip(bytes, next, 1 << (head - 0xcc))
    case 0xd0: // int 8, 16, 32, 64
    case 0xd1:
    case 0xd2:
    case 0xd3:
      return skip(bytes, next, 1 << (head - 0xd0))
    case 0xd9: // str 8, 16, 32
    case 0xda:
    case 0xdb: {
      const width = 1 << (head - 0xd9)
      return endOfString(bytes, next + width, lengthAt(bytes, next, width))
    }
    case 0xdc: // array 16, 32
    case 0xdd: {
      const width = 2 << (head - 0xdc)
      return endOfArray(bytes, next + width, lengthAt(bytes, next, width), depth)
    }
    case 0xde: // map 16, 32
    case 0xdf: {
      const width = 2 << (head - 0xde)
      return endOfMap(bytes, next + width, lengthAt(bytes, next, width), depth)
    }
    default:
      throw new FrameError(
        'binary values, extension types and the byte 0xc1 are not of the protocol',
      )
  }
}

function endOfArray(bytes: Uint8Array, from: number, count: number, depth: number): number {
  checkDepth(depth + 1)
  let at = from
  for (let left = count; left > 0; left -= 1) at = endOfValue(bytes, at, depth + 1)
  return at
}

function endOfMap(bytes: Uint8Array, from: number, count: number, depth: number): number {
  checkDepth(depth + 1)
  let at = from
  for (let left = count; left > 0; left -= 1) {
    at = endOfValue(bytes, endOfKey(bytes, at), depth + 1)
  }
  return at
}

function checkDepth(depth: number): void {
  if (depth > depthMax) throw new FrameError(`nested deeper than ${depthMax}`)
}

function endOfKey(bytes: Uint8Array, at: number): number {
  const head = byteAt(bytes, at)
  const isString = (head >= 0xa0 && head <= 0xbf) || (head >= 0xd9 && head <= 0xdb)
  if (!isString) throw new FrameError('a map’s key is not a string')
  const end = endOfValue(bytes, at, 0)
  if (endsWithProto(bytes, end) && startOfString(head, at) === end - PROTO.length) {
    throw new FrameError(`${PROTO} is not a key`)
  }
  return end
}

function startOfString(head: number, at: number): number {
  return head <= 0xbf ? at + 1 : at + 1 + (1 << (head - 0xd9))
}

function endsWithProto(bytes: Uint8Array, end: number): boolean {
  for (let back = 1; back <= PROTO.length; back += 1) {
    if (bytes[end - back] !== PROTO.charCodeAt(PROTO.length - back)) return false
  }
  return true
}

function endOfString(bytes: Uint8Array, from: number, length: number): number {
  const end = skip(bytes, from, length)
  for (let at = from; at < end; at += 1) {
    if ((bytes[at] ?? 0) > 0x7f) {
      checkUtf8(bytes.subarray(at, end))
      break
    }
  }
  return end
}

function checkUtf8(bytes: Uint8Array): void {
  try {
    utf8.decode(bytes)
  } catch (cause) {
    throw new FrameError('a string is not UTF-8', { cause })
  }
}

/** JSON has neither infinities nor NaN, and the encodings carry the same objects. */
function endOfFloat(bytes: Uint8Array, from: number, width: 4 | 8): number {
  const end = skip(bytes, from, width)
  const view = new DataView(bytes.buffer, bytes.byteOffset + from, width)
  const value = width === 4 ? view.getFloat32(0) : view.getFloat64(0)
  if (!Number.isFinite(value)) throw new FrameError('a number is not finite')
  return end
}

function skip(bytes: Uint8Array, from: number, length: number): number {
  const end = from + length
  if (end > bytes.length) throw new FrameError('the frame ends within a value')
  return end
}

function lengthAt(bytes: Uint8Array, from: number, width: number): number {
  let length = 0
  for (let at = from; at < from + width; at += 1) length = length * 256 + byteAt(bytes, at)
  return length
}

function byteAt(bytes: Uint8Array, at: number): number {
  const byte = bytes[at]
  if (byte === undefined) throw new FrameError('the frame ends within a value')
  return byte
}
