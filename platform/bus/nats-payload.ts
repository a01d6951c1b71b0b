// Messages as bytes: MessagePack, so that any two versions of this program, and any tool, can read them.
import { Packr, Unpackr } from 'msgpackr'

/** Each object with its keys: the fastest for one. */
const withKeys = new Packr({ useRecords: false })
/** Keys said once for all objects that have the same ones; nothing is remembered between payloads. */
const withRecords = new Packr()
const reader = new Unpackr({ mapsAsObjects: true })

/**
 * From so many on, saying keys once makes a list a third smaller and reading it twice as fast; below,
 * preparing for it costs more than it saves.
 */
const recordsFrom = 8

/** Throws where a value cannot be written. */
export function encode(message: unknown): Uint8Array {
  return withKeys.pack(message)
}

/** Throws where one of the values cannot be written. */
export function encodeList(messages: readonly unknown[]): Uint8Array {
  return messages.length < recordsFrom ? withKeys.pack(messages) : withRecords.pack(messages)
}

/** Items that travel together, or the one that cannot. */
export interface Parcel<Item> {
  readonly items: readonly Item[]
  /** Of the list of their contents; an error where the only item cannot be written. */
  readonly payload: Uint8Array | Error
}

/**
 * Lists of at most `bytesMax` bytes, in order. What is too long, or holds something that cannot be written,
 * is halved until it is not, or is a single item.
 */
export function parcelsOf<Item>(
  items: readonly Item[],
  contentsOf: (item: Item) => unknown,
  bytesMax: number,
): readonly Parcel<Item>[] {
  const payload = written(items.map(contentsOf))
  if (items.length < 2 || (payload instanceof Uint8Array && payload.length <= bytesMax)) {
    return [{ items, payload }]
  }
  const half = items.length >> 1
  return [
    ...parcelsOf(items.slice(0, half), contentsOf, bytesMax),
    ...parcelsOf(items.slice(half), contentsOf, bytesMax),
  ]
}

function written(messages: readonly unknown[]): Uint8Array | Error {
  try {
    return encodeList(messages)
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

/** What was decoded, or that it cannot be. */
export type Decoded = { readonly message: unknown } | undefined

/** Never throws: undefined where the bytes are not one whole payload. */
export function decode(payload: Uint8Array): Decoded {
  try {
    return { message: reader.unpack(payload) }
  } catch {
    return undefined
  }
}

/** As `decode`, of a list; undefined also where the payload is something else. */
export function decodeList(payload: Uint8Array): readonly unknown[] | undefined {
  const message = decode(payload)?.message
  return Array.isArray(message) ? message : undefined
}
