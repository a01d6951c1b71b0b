// What a message would be after a journey to another process: encoded and decoded. In one process
// messages travel by reference; tests let them make the journey, so that what would not survive it,
// and whoever changes what others hear too, is found before the first cluster.
import { Packr } from 'msgpackr'
import { assert } from '../assert.ts'

const packr = new Packr()

/**
 * A frozen copy, through the encoding that is used between processes.
 * @throws AssertionError where `message` is not plain data, naming the place but never the value.
 */
export function plainCopy(message: unknown): unknown {
  assertPlain(message, 'message')
  return frozen(packr.unpack(packr.pack(message)))
}

function assertPlain(value: unknown, place: string): void {
  if (value === null || value === undefined) return
  switch (typeof value) {
    case 'boolean':
    case 'string':
      return
    case 'number':
      return assert(Number.isFinite(value), `${place} is no finite number`)
    case 'object':
      return assertPlainObject(value, place)
    case 'bigint':
    case 'function':
    case 'symbol':
    case 'undefined':
      assert(false, `${place} is a ${typeof value}, which is no plain data`)
  }
}

function assertPlainObject(value: object, place: string): void {
  if (value instanceof Uint8Array) return
  if (Array.isArray(value)) {
    for (const [at, item] of value.entries()) assertPlain(item, `${place}[${at}]`)
    return
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  const kind = value.constructor?.name ?? 'class instance'
  assert(
    prototype === Object.prototype || prototype === null,
    `${place} is a ${kind}, which is no plain data`,
  )
  for (const [key, item] of Object.entries(value)) assertPlain(item, `${place}.${key}`)
}

function frozen(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  for (const item of Object.values(value)) frozen(item)
  return Object.freeze(value)
}
