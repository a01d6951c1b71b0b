// Commands for tests: a seller's lot and people who bid on it.
import { uuidv7 } from '../../platform/ids.ts'
import type { LotTerms } from '../../protocol/auction.ts'
import type { EngineCommand } from '../../protocol/engine.ts'

type CommandOf<T extends EngineCommand['type']> = Extract<EngineCommand, { type: T }>

export const seller = { userId: 'seller', roles: ['seller'] } as const

const hourMs = 3_600_000

/** An English lot from 10.00 USD, open from `nowMs` for an hour. */
export function termsAt(nowMs: number, changes: Partial<LotTerms> = {}): LotTerms {
  return {
    title: 'A palm',
    currency: 'USD',
    format: 'english',
    startPrice: 1_000,
    grid: 'free',
    startsAt: nowMs,
    endsAt: nowMs + hourMs,
    softClose: null,
    retraction: 'none',
    ...changes,
  }
}

export function createLot(lotId: string, terms: LotTerms): CommandOf<'create_lot'> {
  return { type: 'create_lot', lotId, commandId: uuidv7(), actor: seller, terms }
}

export function publishLot(lotId: string): CommandOf<'publish_lot'> {
  return { type: 'publish_lot', lotId, commandId: uuidv7(), actor: seller }
}

export interface BidOf {
  readonly by: string
  /** In minor units: the bidder's maximum. */
  readonly max: number
  readonly commandId?: string
}

export function placeBid(lotId: string, { by, max, commandId }: BidOf): CommandOf<'place_bid'> {
  return {
    type: 'place_bid',
    lotId,
    commandId: commandId ?? uuidv7(),
    actor: { userId: by, roles: [] },
    kind: 'proxy',
    amount: max,
    currency: 'USD',
  }
}
