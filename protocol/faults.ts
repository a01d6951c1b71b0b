// What was wrong with a command, in words for whoever wrote the client.
import type { z } from 'zod'

/** One field that does not fit. */
export interface Fault {
  /** `softClose.windowMs`, `rules.0.kind`; empty where the whole does not fit. */
  readonly path: string
  readonly says: string
}

/** More would only repeat the mistake. */
const faultsToldMax = 5

/** The first faults of a failed check, at most five; `at` is where in a command the checked value stands. */
export function faultsOf({ issues }: z.ZodError, at = ''): Fault[] {
  return issues.slice(0, faultsToldMax).map((issue) => ({
    path: [...(at === '' ? [] : [at]), ...issue.path].map(String).join('.'),
    says: wording(issue),
  }))
}

/** `amount: expected number, received string; currency: expected text`. */
export function describeFaults(faults: readonly Fault[]): string {
  return faults.map(({ path, says }) => (path === '' ? says : `${path}: ${says}`)).join('; ')
}

/** The schema's own words where it has some, else plain ones instead of the library's. */
function wording(issue: z.core.$ZodIssue): string {
  // The library tells which kinds there are, but not in its types.
  if ('options' in issue && Array.isArray(issue.options)) return `expected ${listed(issue.options)}`
  const [, kind, rest = ''] = /^(Invalid \w+|Too \w+): (.*)$/s.exec(issue.message) ?? []
  if (kind === undefined) return issue.message
  if (issue.code === 'invalid_value') return `expected ${listed(issue.values)}`
  if (issue.code === 'too_big') {
    return `expected at most ${amount(Number(issue.maximum), issue.origin)}`
  }
  if (issue.code === 'too_small') {
    return `expected at least ${amount(Number(issue.minimum), issue.origin)}`
  }
  return rest
}

function listed(values: readonly unknown[]): string {
  const names = values.map((value) => JSON.stringify(value))
  return names.length === 1 ? String(names[0]) : `one of ${names.join(', ')}`
}

/** What is counted, by what it is a number of. */
const COUNTED: Readonly<Record<string, string>> = { string: 'character', array: 'item' }

function amount(count: number, origin: string): string {
  const counted = COUNTED[origin]
  if (counted === undefined) return String(count)
  return `${count} ${counted}${count === 1 ? '' : 's'}`
}
