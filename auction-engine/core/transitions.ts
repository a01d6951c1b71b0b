// The whole table of what a lot's state says to each command. A new state or command does not compile
// until every cell is decided. Guards that look further than the state (are there bids?) are beside
// the command they guard.
import type { LotState } from '../../protocol/auction.ts'
import type { RefusalCode } from '../../protocol/refusals.ts'
import type { LotCommand } from './decision.ts'
import type { LotNow } from './lot.ts'

export type Verdict =
  | 'allowed'
  /** The time's command came too late to mean anything. */
  | 'dropped'
  | Extract<RefusalCode, 'lot_not_open' | 'lot_closed' | 'lot_state'>

const closed = {
  create_lot: 'lot_state',
  update_lot: 'lot_state',
  publish_lot: 'lot_state',
  withdraw_lot: 'lot_state',
  cancel_lot: 'lot_state',
  place_bid: 'lot_closed',
  retract_bid: 'lot_closed',
  open_lot: 'dropped',
  close_lot: 'dropped',
  extend_lot: 'dropped',
} as const

export const TRANSITIONS = {
  draft: {
    create_lot: 'lot_state',
    update_lot: 'allowed',
    publish_lot: 'allowed',
    withdraw_lot: 'allowed',
    cancel_lot: 'lot_state',
    place_bid: 'lot_not_open',
    retract_bid: 'lot_not_open',
    open_lot: 'dropped',
    close_lot: 'dropped',
    extend_lot: 'dropped',
  },
  scheduled: {
    create_lot: 'lot_state',
    update_lot: 'allowed',
    publish_lot: 'lot_state',
    withdraw_lot: 'allowed',
    cancel_lot: 'lot_state',
    place_bid: 'lot_not_open',
    retract_bid: 'lot_not_open',
    open_lot: 'allowed',
    close_lot: 'dropped',
    // Start and end may both have passed while the owner was away.
    extend_lot: 'allowed',
  },
  open: {
    create_lot: 'lot_state',
    update_lot: 'allowed',
    publish_lot: 'lot_state',
    withdraw_lot: 'allowed',
    cancel_lot: 'allowed',
    place_bid: 'allowed',
    retract_bid: 'allowed',
    open_lot: 'dropped',
    close_lot: 'allowed',
    extend_lot: 'allowed',
  },
  sold: closed,
  unsold: closed,
  withdrawn: closed,
  cancelled: closed,
} as const satisfies Record<LotState, Record<LotCommand['type'], Verdict>>

/** What the state says to the command. */
export function verdictOn(state: LotState, type: LotCommand['type']): Verdict {
  return TRANSITIONS[state][type]
}

/**
 * The state as the clock sees it: from `endsAt` on nothing can change the outcome any more, so an open
 * lot counts as what it is about to be closed as, however late the closing itself comes.
 */
export function stateAt(now: LotNow, atMs: number): LotState {
  return now.state === 'open' && atMs >= now.endsAtMs ? outcomeOf(now) : now.state
}

/** As what an open lot closes: sold where a bid leads and the reserve, if any, is met. */
export function outcomeOf(now: LotNow): 'sold' | 'unsold' {
  return now.leaderId !== null && now.reserveMet ? 'sold' : 'unsold'
}
