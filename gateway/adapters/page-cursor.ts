// Cursors of keyset pages: opaque to clients, so that what they are made of can change.

type Part = string | number | boolean

export function writeCursor(parts: readonly Part[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url')
}

/** The types of a cursor's parts, in order. */
type Shape = readonly ('string' | 'number' | 'boolean' | 'uuid')[]

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** The parts, or undefined where it is no cursor of that shape. */
export function readCursor(cursor: string, shape: Shape): readonly Part[] | undefined {
  let parts: unknown
  try {
    parts = JSON.parse(Buffer.from(cursor, 'base64url').toString())
  } catch {
    return undefined
  }
  if (!Array.isArray(parts) || parts.length !== shape.length) return undefined
  return shape.every((type, at) => fits(type, parts[at])) ? (parts as Part[]) : undefined
}

/** What is of another form, PostgreSQL would not take. */
function fits(type: Shape[number], part: unknown): boolean {
  if (type === 'uuid') return typeof part === 'string' && uuid.test(part)
  if (type === 'number') return Number.isSafeInteger(part)
  if (type === 'string') return typeof part === 'string' && !/[\0\p{Cs}]/u.test(part)
  return typeof part === type
}
