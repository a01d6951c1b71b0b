import { describeCutoffs } from './cutoffs.contract.ts'
import { createMemoryCutoffs } from './memory-cutoffs.ts'

describeCutoffs('cutoffs in memory', async (options) => createMemoryCutoffs(options))
