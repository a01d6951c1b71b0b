// A Redis Cluster of a test's own.
import { Redis } from 'ioredis'
import { RedisServer } from '../servers/redis-server.ts'
import { waitFor } from './wait-for.ts'

/** A cluster of one node that has all slots. */
export async function startRedisCluster(): Promise<RedisServer> {
  const server = await RedisServer.start({ cluster: true })
  const client = new Redis(server.port)
  try {
    await client.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383')
    await waitFor(async () => (await client.cluster('INFO')).includes('cluster_state:ok'))
    return server
  } catch (error) {
    await server.stop()
    throw error
  } finally {
    client.disconnect()
  }
}
