// A target file: what devices do, and what must hold of it.
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { codeOf, exitCodes, Failure } from '../../platform/failure.ts'
import { EXPECTATIONS } from '../report/expectations.ts'
import { MODES, PlanOptions } from '../run/plan.ts'

const Bounds = z
  .strictObject({ atLeast: z.number().exactOptional(), atMost: z.number().exactOptional() })
  .refine(({ atLeast, atMost }) => atLeast !== undefined || atMost !== undefined, {
    error: 'expected atLeast, or atMost, or both',
  })
  .refine(
    ({ atLeast, atMost }) => atLeast === undefined || atMost === undefined || atLeast <= atMost,
    {
      error: 'atLeast is more than atMost',
    },
  )

const Target = z.strictObject({
  /** Why these figures, for whoever reads the file or its report. */
  says: z.string().exactOptional(),
  scenario: z.enum(MODES),
  options: PlanOptions.partial().default({}),
  expect: z.strictObject(
    Object.fromEntries(Object.keys(EXPECTATIONS).map((name) => [name, Bounds.exactOptional()])),
  ),
})
export type Target = Readonly<Omit<z.output<typeof Target>, 'expect'>> & {
  readonly expect: Readonly<Record<string, z.output<typeof Bounds>>>
}

export function isTargetFile(what: string): boolean {
  return what.endsWith('.json')
}

/** @throws Failure that names the file, and each field of it which does not hold with what was expected there */
export async function readTarget(file: string): Promise<Target> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw unusable(`The target file ${file} can not be read (${codeOf(cause)}).`)
  })
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw unusable(`The target file ${file} is not JSON: ${String(error)}.`)
  }
  const { success, data, error } = Target.safeParse(value)
  if (success) return data
  const problems = error.issues.flatMap((issue) => problemsIn(issue)).join('\n')
  throw unusable(`The target file ${file} does not hold:\n${problems}`)
}

function unusable(sentence: string): Failure {
  return new Failure(sentence, { exitCode: exitCodes.configuration })
}

function problemsIn(issue: z.core.$ZodIssue): string[] {
  const at = issue.path.map(String)
  if (issue.code !== 'unrecognized_keys')
    return [`  ${at.join('.') || 'the file'}: ${issue.message}`]
  return issue.keys.map((key) => {
    const known = fieldsAt(at)
    return `  ${[...at, key].join('.')}: there is no such field; expected ${listed(closest(key, known))}`
  })
}

function fieldsAt([first, second]: readonly string[]): readonly string[] {
  if (first === 'options') return Object.keys(PlanOptions.shape)
  if (first !== 'expect') return Object.keys(Target.shape)
  return second === undefined ? Object.keys(EXPECTATIONS) : ['atLeast', 'atMost']
}

/** Those which may have been meant: of a long table the ones that begin alike, or else the whole table. */
function closest(key: string, known: readonly string[]): readonly string[] {
  const beginning = key.slice(0, 3).toLowerCase()
  const alike = known.filter((name) => name.toLowerCase().startsWith(beginning))
  return alike.length > 0 ? alike : known
}

function listed(names: readonly string[]): string {
  const last = names.at(-1) ?? ''
  return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} or ${last}`
}
