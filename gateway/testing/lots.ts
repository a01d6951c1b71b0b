// Lots as the gateway reads them, and an auction house which answers as it is told.
import type { LotView } from '../../protocol/auction.ts'
import type { EngineCommand, EngineReply } from '../../protocol/engine.ts'
import type { AuctionHouse } from '../ports/auction-house.ts'
import type { LotBook, LotRecord } from '../ports/lot-book.ts'
import { noonMs } from './people.ts'

export const lotId = '0193a000-0000-7000-8000-00000000000a'
export const draftId = '0193a000-0000-7000-8000-00000000000d'
export const bidId = '0193a000-0000-7000-8000-0000000000b1'

export function lotView(fields: Partial<LotView> = {}): LotView {
  return {
    lotId,
    title: 'Palm Pilot',
    currency: 'USD',
    format: 'english',
    state: 'open',
    round: 1,
    seq: 2,
    price: null,
    startPrice: 1_000,
    minNext: 1_000,
    leader: null,
    reserveMet: false,
    bidCount: 0,
    bidderCount: 0,
    startsAt: noonMs,
    endsAt: noonMs + 3_600_000,
    extensions: 0,
    serverTime: noonMs,
    ...fields,
  }
}

/** Sold by `sel`: an open lot and a draft. */
const lots: ReadonlyMap<string, LotRecord> = new Map([
  [lotId, { sellerId: 'sel', view: lotView(), bids: [] }],
  [
    draftId,
    { sellerId: 'sel', view: lotView({ lotId: draftId, state: 'draft', seq: 0 }), bids: [] },
  ],
])

export function bookOf(fields: Partial<LotBook> = {}): LotBook {
  return {
    lot: async (id) => lots.get(id),
    standing: async () => undefined,
    bids: async () => ({ items: [] }),
    publications: async () => [],
    ...fields,
  }
}

/** Accepts every bid and command; `asked` holds what it was asked, in order. */
export function houseOf(
  answer: (command: EngineCommand) => EngineReply = acceptance,
): AuctionHouse & { readonly asked: EngineCommand[] } {
  const asked: EngineCommand[] = []
  return {
    asked,
    submit: async (command) => {
      asked.push(command)
      return answer(command)
    },
  }
}

export function acceptance(command: EngineCommand): EngineReply {
  if (command.type !== 'place_bid' && command.type !== 'retract_bid') {
    const state = command.type === 'create_lot' ? 'draft' : 'open'
    const view = lotView({ lotId: command.lotId, state })
    return { outcome: 'accepted', lotId: command.lotId, lot: view }
  }
  return {
    outcome: 'accepted',
    lotId: command.lotId,
    clientBidId: command.type === 'place_bid' ? command.commandId : command.clientBidId,
    seq: 3,
    price: 1_000,
    leading: true,
    minNext: 1_050,
    reserveMet: true,
    endsAt: noonMs + 3_600_000,
    serverTime: noonMs,
    yourMax: 5_000,
  }
}

/** Refuses with `code` and no fields of its own. */
export function refusing(
  code: Extract<EngineReply, { readonly outcome: 'refused' }>['code'],
): (command: EngineCommand) => EngineReply {
  return (command) => ({
    outcome: 'refused',
    code,
    lotId: command.lotId,
    serverTime: noonMs,
    retryable: false,
  })
}
