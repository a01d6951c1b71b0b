// Who is started, and with what environment.
import { randomBytes } from 'node:crypto'
import type { ClusterArguments } from './arguments.ts'

export const ROLES = ['gateway', 'engine', 'chat', 'notifier'] as const
export type RoleName = (typeof ROLES)[number]

export interface PlannedRole {
  readonly role: RoleName
  /** `gateway-2`. */
  readonly name: string
}

export function planRoles(counts: ClusterArguments): readonly PlannedRole[] {
  return ROLES.flatMap((role) =>
    Array.from({ length: counts[`${role}s`] }, (_, at) => ({ role, name: `${role}-${at + 1}` })),
  )
}

/** An environment; what is undefined or empty is not set. */
export interface Variables {
  readonly [name: string]: string | undefined
}

/**
 * What makes a role one of this cluster, beside the addresses of its servers.
 * @param env of the command, which may say how tokens are signed and whether anybody may have one
 * @param dataFolder for attachments, which chat stores sign and gateways serve
 */
export function clusterVariables(env: Variables, dataFolder: string): Record<string, string> {
  const given = (name: string): Record<string, string> => (env[name] ? { [name]: env[name] } : {})
  return {
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
