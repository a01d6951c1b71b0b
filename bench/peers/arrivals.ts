// Counts the publications in a frame and sees that their offsets follow each other, cheaply: the same frame goes
// to everybody, so one that merges many publications is read once and compared afterwards.

const offsetKey = Buffer.from('"offset":')
const [zero, nine] = [0x30, 0x39]
/** More frames than are under way at once; a power of two. */
const rememberedMax = 256

export interface Arrival {
  readonly first: number
  readonly last: number
  /** How many publications; fewer than from first to last where states were skipped. */
  readonly count: number
}

interface Remembered extends Arrival {
  readonly frame: Buffer
}

export class ArrivalReader {
  readonly #conflated: boolean
  readonly #remembered: (Remembered | undefined)[] = Array.from({ length: rememberedMax })

  /** @param conflated whether offsets may be skipped */
  constructor(conflated: boolean) {
    this.#conflated = conflated
  }

  /** Undefined where the frame holds no publication. @throws where offsets do not follow each other */
  read(frame: Buffer): Arrival | undefined {
    const at = frame.indexOf(offsetKey)
    if (at < 0) return undefined
    const first = numberAt(frame, at + offsetKey.length)
    const slot = first % rememberedMax
    const known = this.#remembered[slot]
    if (known?.frame.equals(frame) === true) return known
    const arrival = this.#whole(frame, at, first)
    this.#remembered[slot] = { frame: Buffer.from(frame), ...arrival }
    return arrival
  }

  #whole(frame: Buffer, from: number, first: number): Arrival {
    let last = first
    for (let count = 1; ; count += 1) {
      const at = frame.indexOf(offsetKey, from + offsetKey.length)
      if (at < 0) return { first, last, count }
      const offset = numberAt(frame, at + offsetKey.length)
      if (!follows(last, offset, this.#conflated)) {
        throw new Error(`${offset} came after ${last} in one frame`)
      }
      last = offset
      from = at
    }
  }
}

/** Whether `offset` may come after `last`: as the next, or as a later one where states are skipped. */
export function follows(last: number, offset: number, conflated: boolean): boolean {
  return conflated ? offset > last : offset === last + 1
}

function numberAt(bytes: Buffer, from: number): number {
  let value = 0
  for (let at = from; ; at += 1) {
    const digit = bytes[at] ?? 0
    if (digit < zero || digit > nine) return value
    value = value * 10 + digit - zero
  }
}
