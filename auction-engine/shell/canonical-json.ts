// Canonical JSON (RFC 8785): one text for one value, whoever writes it. What `JSON.stringify` does with
// numbers and strings is what the RFC asks for; here only the members are put in order.
//
// Every event passes through it, and a general library takes longer than deciding the bid. Nearly all
// objects are of a few shapes, so the order of a shape's members is worked out once.

/** The members of a shape in canonical order, each with the text that precedes its value. */
type Order = readonly { readonly name: string; readonly prefix: string }[]

/** More shapes than the events of all lots have; what is beyond is forgotten and worked out again. */
const shapesMax = 256
const orders = new Map<string, Order>()

/** @throws TypeError where the value is none that JSON has, such as `undefined` or `NaN`. */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'boolean') return JSON.stringify(value)
  if (typeof value === 'number' && Number.isFinite(value)) return String(value)
  if (value === null) return 'null'
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join()}]`
  if (typeof value === 'object') return canonicalObject(value as Readonly<Record<string, unknown>>)
  throw new TypeError(`JSON has no ${typeof value} like this`)
}

function canonicalObject(value: Readonly<Record<string, unknown>>): string {
  let text = ''
  for (const { name, prefix } of orderOf(Object.keys(value))) {
    const member = value[name]
    // As in JSON.stringify: a member that is not set is none.
    if (member === undefined) continue
    text += (text === '' ? '' : ',') + prefix + canonicalJson(member)
  }
  return `{${text}}`
}

function orderOf(names: readonly string[]): Order {
  // A name with a line break in it may look like two; shapes with such names are not remembered.
  const shape = names.join('\n')
  const known = orders.get(shape)
  if (known?.length === names.length) return known
  // The default order compares UTF-16 code units, which is what the RFC asks for.
  const order = names.toSorted().map((name) => ({ name, prefix: `${JSON.stringify(name)}:` }))
  if (orders.size >= shapesMax) orders.clear()
  if (!names.some((name) => name.includes('\n'))) orders.set(shape, order)
  return order
}
