import { describeConnectionCounts } from './connection-counts.contract.ts'
import { createMemoryConnectionCounts } from './memory-connection-counts.ts'

describeConnectionCounts('connection counts in memory', async () => createMemoryConnectionCounts())
