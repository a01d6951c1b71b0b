// MessagePack on both sides of the wire: plain maps, no extension types, numbers as numbers. A 64-bit
// integer beyond 2^53 arrives rounded, exactly as it would in JSON; the schemas refuse it there.
import { Packr, Unpackr } from 'msgpackr'
import { FrameError } from './codec.ts'
import { scanMessagePack } from './msgpack-scan.ts'

const packing = {
  useRecords: false,
  variableMapSize: true,
  // As JSON does: a field without a value is left out, an item without one is null.
  skipValues: [undefined],
  encodeUndefinedAsNil: true,
  useToJSON: false,
}
const packr = new Packr(packing)
const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true, int64AsType: 'number' })

/** The bytes of one plain value. Fields that are undefined are left out, as in JSON. */
export const packValue = (value: unknown): Uint8Array => packr.pack(value)

/** One array of values that were each encoded by `packValue`. */
export function joinPacked(values: readonly Uint8Array[]): Uint8Array {
  const header = arrayHeader(values.length)
  let length = header.length
  for (const value of values) length += value.length
  const frame = new Uint8Array(length)
  frame.set(header)
  let at = header.length
  for (const value of values) {
    frame.set(value, at)
    at += value.length
  }
  return frame
}

function arrayHeader(count: number): readonly number[] {
  if (count < 16) return [0x90 | count]
  if (count < 2 ** 16) return [0xdc, count >> 8, count & 0xff]
  return [0xdd, count >>> 24, (count >> 16) & 0xff, (count >> 8) & 0xff, count & 0xff]
}

/**
 * The values of a frame.
 * @throws FrameError where it is not one array of plain values.
 */
export function unpackFrame(frame: Uint8Array): unknown[] {
  scanMessagePack(frame)
  try {
    return unpackr.unpack(frame) as unknown[]
  } catch (cause) {
    throw new FrameError('the frame is not MessagePack', { cause })
  }
}
