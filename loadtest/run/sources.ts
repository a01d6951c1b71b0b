// From which addresses devices come.
import type { Plan } from './plan.ts'

/**
 * A source address has some 28,000 ports (`net.ipv4.ip_local_port_range`): towards each server where none is named,
 * once where one is. Half of them are left for those who come back, whose lost connections hold theirs for a minute.
 */
const devicesPerSource = 12_500

/**
 * Those of the plan; without any, several of the loopback's 16 million where the servers are there and one would
 * not do. Empty: the machine chooses.
 */
export function sourcesOf({
  connections,
  servers,
}: Pick<Plan, 'connections'> & {
  readonly servers: Pick<Plan['servers'], 'sources' | 'urls'>
}): readonly string[] {
  const { sources, urls } = servers
  if (sources.length > 0 || connections <= devicesPerSource * urls.length) return sources
  if (!urls.every((url) => new URL(url).hostname.startsWith('127.'))) return []
  return Array.from(
    { length: Math.ceil(connections / devicesPerSource) },
    (_, nth) => `127.0.0.${nth + 1}`,
  )
}
