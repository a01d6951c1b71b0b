// The whole table of what an offer's state says to each thing that may be done with it. A new state or
// command does not compile until every cell is decided. Who may do it is decided beside the command.
import type { OfferState } from '../../protocol/chat.ts'

export type OfferCommand =
  /** Another offer in the same conversation. */
  | 'make_offer'
  | 'counter_offer'
  | 'accept_offer'
  | 'decline_offer'
  | 'withdraw_offer'
  /** Its message, by its author; moderators delete whatever they must. */
  | 'delete_message'
  /** `expiresAt` has come. */
  | 'expire'

export type OfferVerdict =
  | 'allowed'
  | 'offer_state'
  /** Time came too late to mean anything. */
  | 'dropped'

const over = {
  make_offer: 'allowed',
  counter_offer: 'offer_state',
  accept_offer: 'offer_state',
  decline_offer: 'offer_state',
  withdraw_offer: 'offer_state',
  delete_message: 'allowed',
  expire: 'dropped',
} as const

export const OFFER_TRANSITIONS = {
  open: {
    make_offer: 'offer_state',
    counter_offer: 'allowed',
    accept_offer: 'allowed',
    decline_offer: 'allowed',
    withdraw_offer: 'allowed',
    delete_message: 'allowed',
    expire: 'allowed',
  },
  countered: over,
  // What two people agreed on stays readable for both.
  accepted: { ...over, delete_message: 'offer_state' },
  declined: over,
  withdrawn: over,
  expired: over,
} as const satisfies Record<OfferState, Record<OfferCommand, OfferVerdict>>

/** What the state says to the command. */
export function offerVerdict(state: OfferState, command: OfferCommand): OfferVerdict {
  return OFFER_TRANSITIONS[state][command]
}
