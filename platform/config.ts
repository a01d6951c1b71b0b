// Configuration: environment variables, read once per process into a frozen value. Whatever does not
// hold is told at once, all of it, so an operator mends it in one go.
import type { z } from 'zod'
import { exitCodes, Failure } from './failure.ts'

/** A value whose every part is frozen. */
export type Frozen<T> = T extends object ? { readonly [Key in keyof T]: Frozen<T[Key]> } : T

/** The configuration does not hold; the message names each variable, one a line. */
export class ConfigError extends Failure {
  override readonly name = 'ConfigError'
  /** What is wrong, by variable. Never holds the value of a secret. */
  readonly faults: readonly string[]

  constructor(faults: readonly string[]) {
    const count = faults.length === 1 ? 'a fault' : `${faults.length} faults`
    super(`The configuration has ${count}:\n${faults.map((fault) => `  ${fault}`).join('\n')}`, {
      exitCode: exitCodes.configuration,
      hint: 'See .env.example for what each variable means.',
    })
    this.faults = faults
  }
}

/** Addresses carry passwords too, so theirs are not shown either. */
const secretName = /(?:SECRET|PASSWORD|TOKEN|CREDENTIALS|KEY|URL)$/u
const shownCharactersMax = 60

/**
 * Reads the variables that `schema` names; see `variable` in `config-variables.ts` for what they can
 * be. A variable that is set to nothing counts as not set, since composing files leave such behind.
 * @throws ConfigError with every fault.
 */
export function readConfig<Schema extends z.ZodType<object>>(
  schema: Schema,
  env: Readonly<Record<string, string | undefined>>,
): Frozen<z.output<Schema>> {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value?.trim()))
  const result = schema.safeParse(set)
  if (!result.success) {
    throw new ConfigError(result.error.issues.map((issue) => faultOf(issue, set)))
  }
  return frozen(result.data)
}

function faultOf(issue: z.core.$ZodIssue, set: Readonly<Record<string, unknown>>): string {
  const name = String(issue.path[0] ?? 'all together')
  return `${name}: ${issue.message}, ${got(name, set[name])}`
}

function got(name: string, value: unknown): string {
  if (value === undefined) return 'but it is not set'
  if (secretName.test(name)) return 'got something else (not shown)'
  const text = JSON.stringify(value)
  return `got ${text.length > shownCharactersMax ? `${text.slice(0, shownCharactersMax)}…` : text}`
}

function frozen<T>(value: T): Frozen<T> {
  if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) frozen(inner)
    Object.freeze(value)
  }
  return value as Frozen<T>
}
