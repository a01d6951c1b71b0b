// What to try on a cluster that is ready.
import type { ClusterDescription } from './description.ts'

export interface InvitationOptions {
  readonly cluster: ClusterDescription
  readonly hasDevTokens: boolean
  /** The folder of the logs. */
  readonly logs: string
  /** What a role that is started by hand finds in its environment. */
  readonly variablesFile: string
}

export function invitation(options: InvitationOptions): string {
  const { cluster, hasDevTokens, logs, variablesFile } = options
  return [
    '\nThe cluster is ready. Nothing in it is started again by itself.',
    `Its logs are in ${logs}`,
    ...(hasDevTokens ? tokens(cluster) : []),
    '\nAnother engine, which takes its share of the lots:',
    `  npx node --env-file=${variablesFile} role.ts engine`,
    '\nCtrl-C drains and stops all of it.\n',
  ].join('\n')
}

function tokens({ gateways, engines }: ClusterDescription): readonly string[] {
  const url = gateways[0]?.url ?? ''
  const asked = JSON.stringify({ user: 'alice', roles: ['seller'] })
  return [
    '\nA token for alice, who may sell, from any gateway:',
    `  curl -s ${url}/v1/dev/token -H 'Content-Type: application/json' -d '${asked}'`,
    '\n343 real auctions once more; meanwhile end whom you like, but that gateway:',
    `  npm run replay -- loadtest/data/ebay-palm.csv --url ${url}`,
    `  kill -9 ${engines[0]?.pid ?? ''}`,
  ]
}
