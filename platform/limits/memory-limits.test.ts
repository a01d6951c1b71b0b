import { describeLimits } from './limits.contract.ts'
import { createMemoryLimits } from './memory-limits.ts'

describeLimits('limits in memory', async (table) => createMemoryLimits(table))
