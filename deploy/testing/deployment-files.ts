// The files of the deployment as the tests read them.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'

export const root = fileURLToPath(new URL('../..', import.meta.url))

/** `path` from the root of the project. */
export const textOf = (path: string): string => readFileSync(join(root, path), 'utf8')

/** YAML with merge keys, as Compose and Prometheus read it. */
export const yamlOf = (path: string): unknown => parse(textOf(path), { merge: true })

/** The variables that a file of `NAME=value` lines explains. */
export function variablesOf(path: string): readonly string[] {
  return [...textOf(path).matchAll(/^([A-Z][A-Z0-9_]*)=/gm)].map(([, name]) => name ?? '')
}
