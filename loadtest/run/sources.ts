// From which addresses devices come.
import type { Plan } from './plan.ts'

/**
 * Towards each server where no address is named: half of its some 28,000 ports (`net.ipv4.ip_local_port_range`) are
 * left for those who come back, whose lost connections hold theirs for a minute.
 */
const devicesPerServer = 12_500
/**
 * An address that is named gives each port away once, whatever the server, and Linux looks for a free one among a
 * quarter of them first, some 7,000. When those are gone it looks through all of them each time: at 14,000 devices of
 * two addresses, coming slowed down from 900 a second to 40. And whoever comes back needs a second one.
 */
const devicesPerSource = 2_500

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
  if (sources.length > 0 || connections <= devicesPerServer * urls.length) return sources
  if (!urls.every((url) => new URL(url).hostname.startsWith('127.'))) return []
  return Array.from({ length: Math.ceil(connections / devicesPerSource) }, (_, nth) =>
    loopback(nth + 1),
  )
}

/** 127.0.0.1 is the first of them. */
function loopback(nth: number): string {
  return `127.0.${Math.floor(nth / 256)}.${nth % 256}`
}
