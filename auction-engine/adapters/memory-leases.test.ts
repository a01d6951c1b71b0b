import { VirtualClock } from '../../platform/testing/virtual-clock.ts'
import { shardCount } from '../../protocol/subjects.ts'
import { describeShardLeases } from '../ports/shard-leases.contract.ts'
import { MemoryLeases } from './memory-leases.ts'

describeShardLeases('memory', async () => {
  const table = new MemoryLeases(new VirtualClock())
  const leases = (owner: string) => table.of({ owner, shardCount, leaseMs: 60_000 })
  return {
    first: leases('first'),
    second: leases('second'),
    third: leases('third'),
    expireLeases: async () => table.expire(),
    close: async () => {},
  }
})
