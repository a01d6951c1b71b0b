// WebSocket frames as a client needs them (RFC 6455, section 5): those it sends, and those of a server taken
// out of whatever pieces TCP hands over.

export const OPCODES = {
  continuation: 0x0,
  text: 0x1,
  binary: 0x2,
  close: 0x8,
  ping: 0x9,
  pong: 0xa,
} as const
export type Opcode = (typeof OPCODES)[keyof typeof OPCODES]

/** The server broke the rules of WebSocket; the connection can not go on. */
export class WebSocketFault extends Error {
  override readonly name = 'WebSocketFault'
}

/** The close frame of a connection that ended in order, and the codes that never travel. */
export const CLOSES = { normal: 1000, noCode: 1005, broken: 1006 } as const

const finBit = 0x80
const maskBit = 0x80
const reservedBits = 0x70
/** What fits into the first two bytes; above it two, or eight, further bytes say how long the payload is. */
const shortMax = 125
const mediumMax = 0xffff
/** No frame of a server is near it, so one that claims more is a fault and not a wait for gigabytes. */
const payloadBytesMax = 16 * 1024 * 1024

/**
 * One whole message in one frame. A client has to mask what it sends; the mask is zero here, which leaves the
 * payload as it is: masks protect proxies from hostile pages, and a load test is none.
 */
export function encodeFrame(opcode: Opcode, payload: string | Uint8Array): Buffer {
  const length = Buffer.byteLength(payload)
  const extra = length <= shortMax ? 0 : length <= mediumMax ? 2 : 8
  const frame = Buffer.allocUnsafe(2 + extra + 4 + length)
  frame[0] = finBit | opcode
  if (extra === 0) frame[1] = maskBit | length
  else if (extra === 2) {
    frame[1] = maskBit | 126
    frame.writeUInt16BE(length, 2)
  } else {
    frame[1] = maskBit | 127
    frame.writeBigUInt64BE(BigInt(length), 2)
  }
  frame.fill(0, 2 + extra, 6 + extra)
  if (typeof payload === 'string') frame.write(payload, 6 + extra)
  else frame.set(payload, 6 + extra)
  return frame
}

/** Takes a frame: its payload is only lent, and gone when this returns. */
export type TakeFrame = (opcode: number, payload: Buffer, isLast: boolean) => void

/**
 * Hands every whole frame in `bytes` to `take`, and returns how many bytes it has used; the others are the
 * beginning of a frame, to be brought again with what comes next.
 * @throws WebSocketFault
 */
export function readFrames(bytes: Buffer, take: TakeFrame): number {
  let at = 0
  while (bytes.length - at >= 2) {
    const [first = 0, second = 0] = [bytes[at], bytes[at + 1]]
    if ((first & reservedBits) !== 0) throw new WebSocketFault('a frame has bits nobody agreed on')
    if ((second & maskBit) !== 0) throw new WebSocketFault('a server masked its frame')
    const short = second & 0x7f
    const head = short <= shortMax ? 2 : short === 126 ? 4 : 10
    if (bytes.length - at < head) break
    const length = head === 2 ? short : longLength(bytes, at + 2, head)
    if (bytes.length - at - head < length) break
    const payload = bytes.subarray(at + head, at + head + length)
    at += head + length
    take(first & 0xf, payload, (first & finBit) !== 0)
  }
  return at
}

function longLength(bytes: Buffer, at: number, head: number): number {
  const length = head === 4 ? bytes.readUInt16BE(at) : Number(bytes.readBigUInt64BE(at))
  if (length > payloadBytesMax) throw new WebSocketFault(`a frame claims ${length} bytes`)
  return length
}

/** The payload of a close frame. */
export function closeOf(payload: Buffer): { readonly code: number; readonly reason: string } {
  if (payload.length < 2) return { code: CLOSES.noCode, reason: '' }
  return { code: payload.readUInt16BE(0), reason: payload.toString('utf8', 2) }
}
