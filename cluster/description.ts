// Who is where, for programs: the file of `--json`.
import { rename, rm, writeFile } from 'node:fs/promises'
import { codeOf, Failure } from '../platform/failure.ts'
import { NO_LIMITS } from '../platform/limits/no-limits.ts'
import type { clusterVariables } from './plan.ts'
import type { RolePlace } from './roles.ts'
import type { Servers } from './servers.ts'

type ToldRole = Pick<RolePlace, 'pid' | 'url' | 'metricsUrl'>

export interface ClusterDescription extends Readonly<Servers['places']> {
  readonly gateways: readonly ToldRole[]
  readonly engines: readonly ToldRole[]
  readonly chats: readonly ToldRole[]
  readonly notifiers: readonly ToldRole[]
  /** By which tokens are signed. */
  readonly jwtSecret: string
  /** The variables of limits that nobody is held to. */
  readonly limitsLifted: readonly string[]
}

/** @param variables of its roles */
export function describeCluster(
  roles: readonly RolePlace[],
  servers: Servers['places'],
  variables: ReturnType<typeof clusterVariables>,
): ClusterDescription {
  const those = (wanted: RolePlace['role']): readonly ToldRole[] =>
    roles.filter(({ role }) => role === wanted).map(({ role: _role, name: _name, ...told }) => told)
  return {
    gateways: those('gateway'),
    engines: those('engine'),
    chats: those('chat'),
    notifiers: those('notifier'),
    ...servers,
    jwtSecret: variables.JWT_SECRET,
    limitsLifted: Object.keys(NO_LIMITS).filter((name) => variables[name] !== undefined),
  }
}

/**
 * Writes the file as a whole: whoever waits for it finds all of it. For its owner alone, since in it are the
 * password of the database and the secret of all tokens.
 */
export async function writeDescription(
  file: string,
  description: ClusterDescription,
): Promise<void> {
  const unfinished = `${file}.${process.pid}`
  try {
    await writeFile(unfinished, `${JSON.stringify(description, undefined, 2)}\n`, { mode: 0o600 })
    await rename(unfinished, file)
  } catch (cause) {
    await rm(unfinished, { force: true })
    throw new Failure(`${file} cannot be written (${codeOf(cause)}).`, { cause })
  }
}
