import { createMemoryPresence } from './memory-presence.ts'
import { describePresence } from './presence.contract.ts'

describePresence('presence in memory', async () => createMemoryPresence())
