import { VirtualClock } from '../../platform/testing/virtual-clock.ts'
import { shardCount } from '../../protocol/subjects.ts'
import { describeJournal } from '../ports/lot-journal.contract.ts'
import { MemoryLots } from './memory-lots.ts'

const leaseMs = 5_000

describeJournal('memory', async () => {
  const clock = new VirtualClock()
  const lots = new MemoryLots(clock)
  const owner = (name: string) => ({
    journal: lots.journal(),
    leases: lots.leases({ owner: name, shardCount, leaseMs }),
  })
  return {
    first: owner('first'),
    second: owner('second'),
    expireLeases: async () => lots.expireLeases(),
    close: async () => {},
  }
})
