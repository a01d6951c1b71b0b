// Broken assumptions. What can be expected (a refusal, a lost connection) is a value; what must not
// happen stops the process, which drains and rebuilds its state from the database.

/** Something which the code relies on does not hold. Never caught on purpose, except to leave. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError'
}

/** @throws AssertionError where `condition` is false. `message` says what was relied on; no secrets in it. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionError(message)
}

/**
 * The end of a switch over a union: a new member does not compile until it has its case.
 * @throws AssertionError when data from elsewhere has a member the types do not know.
 */
export function assertNever(value: never, what: string): never {
  throw new AssertionError(`unexpected ${what}: ${describe(value)}`)
}

/** An object may hold secrets, so only its discriminant is told. */
function describe(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number') return String(value)
  if (typeof value !== 'object' || value === null) return typeof value
  return 'type' in value ? `an object of type ${String(value.type)}` : 'an object'
}
