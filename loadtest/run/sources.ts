// From which addresses devices come.
import type { Plan } from './plan.ts'

/**
 * A source address has some 28,000 ports (`net.ipv4.ip_local_port_range`), and one that is named gives each of them
 * away once, whatever the server.
 */
const devicesPerSource = 25_000

/**
 * Those of the plan; without any, several of the loopback's 16 million where the servers are there and one would
 * not do. Empty: the machine chooses.
 */
export function sourcesOf({
  connections,
  servers,
}: Pick<Plan, 'connections' | 'servers'>): readonly string[] {
  const { sources, urls } = servers
  if (sources.length > 0 || connections <= devicesPerSource) return sources
  if (!urls.every((url) => new URL(url).hostname.startsWith('127.'))) return []
  return Array.from(
    { length: Math.ceil(connections / devicesPerSource) },
    (_, nth) => `127.0.0.${nth + 1}`,
  )
}
