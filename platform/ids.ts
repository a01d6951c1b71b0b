// Identifiers made by this process.
import { v5, v7 } from 'uuid'

/** Ids derived from names live in a namespace of their own, so no other system derives the same ones. */
const outcryNamespace = 'a1f5e2c8-5d0b-4b8e-9c53-0f7d6f0a4c11'

/** Drawn at once: a draw for each id was 4 % of what a chat message takes of the process. */
const randomBytes = new Uint8Array(256 * 16)
let drawnUntil = randomBytes.length

let lastMs = 0
/** Of the ids of one millisecond, in 32 bits. */
let lastSeq = 0

/** A new id (UUID version 7): ids sort by the time they were made, so index pages fill in order. */
export function uuidv7(): string {
  const random = nextRandom()
  const nowMs = Date.now()
  if (nowMs > lastMs) {
    lastMs = nowMs
    // The first bit is left to those that follow.
    lastSeq = new DataView(random.buffer, random.byteOffset).getUint32(0) >>> 1
  } else {
    lastSeq += 1
  }
  return v7({ random, msecs: lastMs, seq: lastSeq })
}

function nextRandom(): Uint8Array {
  if (drawnUntil === randomBytes.length) {
    crypto.getRandomValues(randomBytes)
    drawnUntil = 0
  }
  drawnUntil += 16
  return randomBytes.subarray(drawnUntil - 16, drawnUntil)
}

/** The same id for the same name, for ever and everywhere (UUID version 5): for idempotent creation. */
export function uuidv5(name: string): string {
  return v5(name, outcryNamespace)
}
