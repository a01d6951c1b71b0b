// Columns of a batch in the binary array format of PostgreSQL's wire. A batch carries hundreds of JSON
// texts; as an array literal each of their quotes is escaped here and unescaped there, which
// costs more than half of what the inserts themselves cost. In binary form both ends just copy.
// Layout: dimensions, has-nulls flag, element type, length, lower bound; then length + bytes of each.
// https://www.postgresql.org/docs/current/protocol-overview.html#PROTOCOL-FORMAT-CODES

/** Element types, by their fixed object ids (`src/include/catalog/pg_type.dat`). */
const elementTypes = {
  boolean: 16,
  bytea: 17,
  bigint: 20,
  smallint: 21,
  integer: 23,
  text: 25,
  json: 114,
  uuid: 2950,
  jsonb: 3802,
} as const

export type ColumnType = keyof typeof elementTypes

/** What an element may be: numbers where the type is a number, bytes for `bytea`, text otherwise. */
export type Cell = string | number | boolean | Uint8Array | null

const headerBytes = 20
const bytesAtStart = 16_384
/** The version that precedes a `jsonb` on the wire. */
const jsonbVersion = 1
const dash = '-'.charCodeAt(0)
/** Of hexadecimal digits, by their character codes. */
const digitValues = new Uint8Array(128)
for (let value = 0; value < 16; value += 1) {
  const digit = value.toString(16)
  digitValues[digit.charCodeAt(0)] = value
  digitValues[digit.toUpperCase().charCodeAt(0)] = value
}

/**
 * One array parameter, filled cell by cell. The bytes are reused from batch to batch: `encoded` is valid
 * until the next `clear`.
 */
export class BinaryArray {
  readonly #type: ColumnType
  #bytes: Buffer = Buffer.allocUnsafe(bytesAtStart)
  #end = headerBytes
  #length = 0
  #hasNull = false
  #lastUuid = ''
  #lastUuidAt = 0

  constructor(type: ColumnType) {
    this.#type = type
  }

  clear(): void {
    this.#end = headerBytes
    this.#length = 0
    this.#hasNull = false
    this.#lastUuid = ''
  }

  /** @throws RangeError where a text holds half of a surrogate pair. */
  push(cell: Cell): void {
    this.#length += 1
    if (cell === null) {
      this.#hasNull = true
      this.#reserve(4)
      this.#end = this.#bytes.writeInt32BE(-1, this.#end)
    } else if (typeof cell === 'number') {
      this.#pushNumber(cell)
    } else if (typeof cell === 'boolean') {
      this.#reserve(5)
      this.#end = this.#bytes.writeInt32BE(1, this.#end)
      this.#end = this.#bytes.writeUInt8(cell ? 1 : 0, this.#end)
    } else if (typeof cell === 'string') {
      this.#pushText(cell)
    } else {
      this.#reserve(4 + cell.length)
      this.#end = this.#bytes.writeInt32BE(cell.length, this.#end)
      this.#bytes.set(cell, this.#end)
      this.#end += cell.length
    }
  }

  encoded(): Buffer {
    const bytes = this.#bytes
    bytes.writeInt32BE(this.#length === 0 ? 0 : 1, 0)
    bytes.writeInt32BE(this.#hasNull ? 1 : 0, 4)
    bytes.writeInt32BE(elementTypes[this.#type], 8)
    // An empty array has no dimension, hence neither length nor bound.
    if (this.#length === 0) return bytes.subarray(0, 12)
    bytes.writeInt32BE(this.#length, 12)
    bytes.writeInt32BE(1, 16)
    return bytes.subarray(0, this.#end)
  }

  #pushNumber(value: number): void {
    this.#reserve(12)
    const bytes = this.#bytes
    if (this.#type === 'bigint') {
      // Two halves, since a BigInt of its own for each cell would be garbage.
      const high = Math.floor(value / 0x1_0000_0000)
      this.#end = bytes.writeInt32BE(8, this.#end)
      this.#end = bytes.writeInt32BE(high, this.#end)
      this.#end = bytes.writeUInt32BE(value - high * 0x1_0000_0000, this.#end)
    } else if (this.#type === 'integer') {
      this.#end = bytes.writeInt32BE(4, this.#end)
      this.#end = bytes.writeInt32BE(value, this.#end)
    } else {
      this.#end = bytes.writeInt32BE(2, this.#end)
      this.#end = bytes.writeInt16BE(value, this.#end)
    }
  }

  #pushText(text: string): void {
    if (this.#type === 'uuid') {
      this.#pushUuid(text)
      return
    }
    // Written as UTF-8 it would silently become another text.
    if (!text.isWellFormed()) throw new RangeError('half of a surrogate pair can not be stored')
    // A UTF-16 unit takes three bytes at most, so the text is written before its length is known.
    this.#reserve(5 + text.length * 3)
    const lengthAt = this.#end
    let end = lengthAt + 4
    if (this.#type === 'jsonb') end = this.#bytes.writeUInt8(jsonbVersion, end)
    end += this.#bytes.write(text, end, 'utf8')
    this.#bytes.writeInt32BE(end - lengthAt - 4, lengthAt)
    this.#end = end
  }

  #pushUuid(text: string): void {
    this.#reserve(20)
    const at = this.#bytes.writeInt32BE(16, this.#end)
    // A batch names the same lot or conversation again and again.
    if (text === this.#lastUuid) this.#bytes.copyWithin(at, this.#lastUuidAt, this.#lastUuidAt + 16)
    else this.#writeUuid(text, at)
    this.#lastUuid = text
    this.#lastUuidAt = at
    this.#end = at + 16
  }

  /** By hand: to take out the dashes and to leave JavaScript cost the chat store a twentieth of a message. */
  #writeUuid(text: string, at: number): void {
    let from = 0
    for (let to = at; to < at + 16; to += 1) {
      if (text.charCodeAt(from) === dash) from += 1
      const [high, low] = [text.charCodeAt(from), text.charCodeAt(from + 1)]
      this.#bytes[to] = ((digitValues[high] ?? 0) << 4) | (digitValues[low] ?? 0)
      from += 2
    }
  }

  #reserve(bytes: number): void {
    if (this.#end + bytes <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#end + bytes))
    this.#bytes.copy(larger, 0, 0, this.#end)
    this.#bytes = larger
  }
}
