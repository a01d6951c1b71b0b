// Revocations of one gateway that nobody else shares.
import { createInProcessBus } from '../../platform/bus/in-process-bus.ts'
import { createMemoryCutoffs } from '../../platform/cutoffs/memory-cutoffs.ts'
import { createSharedRevocations } from '../adapters/shared-revocations.ts'
import { revocationsKept } from '../limits.ts'
import type { Revocations } from '../ports/revocations.ts'

export function ownRevocations(): Revocations {
  const cutoffs = createMemoryCutoffs(revocationsKept)
  return createSharedRevocations({ bus: createInProcessBus(), cutoffs })
}
