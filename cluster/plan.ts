// Who is started, and with what environment.
import { randomBytes } from 'node:crypto'
import { NO_LIMITS } from '../platform/limits/no-limits.ts'
import type { ClusterArguments } from './arguments.ts'

export const ROLES = ['gateway', 'engine', 'chat', 'notifier'] as const
export type RoleName = (typeof ROLES)[number]

export interface PlannedRole {
  readonly role: RoleName
  /** `gateway-2`. */
  readonly name: string
}

type Counts = Pick<ClusterArguments, `${RoleName}s`>

export function planRoles(counts: Counts): readonly PlannedRole[] {
  return ROLES.flatMap((role) =>
    Array.from({ length: counts[`${role}s`] }, (_, at) => ({ role, name: `${role}-${at + 1}` })),
  )
}

/** An environment; what is undefined or empty is not set. */
export interface Variables {
  readonly [name: string]: string | undefined
}

type ClusterVariables = Readonly<Record<string, string>> & { readonly JWT_SECRET: string }

/**
 * What makes a role one of this cluster, beside the addresses of its servers.
 * @param env of the command, which may say how tokens are signed, whether anybody may have one, and limits
 * @param dataFolder for attachments, which chat stores sign and gateways serve
 */
export function clusterVariables(
  env: Variables,
  dataFolder: string,
  { unlimited = false }: Pick<ClusterArguments, 'unlimited'> = {},
): ClusterVariables {
  const given = (name: string): Record<string, string> => (env[name] ? { [name]: env[name] } : {})
  const lifted = Object.entries(NO_LIMITS).filter(
    ([name, off]) => env[name] === off || (unlimited && !env[name]),
  )
  return {
    ...Object.fromEntries(lifted),
    JWT_SECRET: randomBytes(32).toString('base64url'),
    ...given('JWT_SECRET'),
    ...(env['NODE_ENV'] === 'production' ? {} : { DEV_TOKENS: '1' }),
    ...given('DEV_TOKENS'),
    ...given('CLUSTER_NAME'),
    OUTCRY_DATA: dataFolder,
    PORT: '0',
    METRICS_PORT: '0',
  }
}
