// What a bid or a command on a lot may be refused for: a closed table. The name travels as `code`,
// is the metric's label and stands in the tests' titles. Codes are never reused; one that is no
// longer given stays listed with `retired: true`.

/** What the client can do: nothing, change the input, wait, or send the same id again. */
export type RetryAdvice = 'never' | 'with_new_input' | 'after_delay' | 'after_action' | 'same_id'

interface RefusalEntry {
  readonly retry: RetryAdvice
  readonly says: string
}

export const REFUSALS = {
  // The bid itself.
  bid_too_low: { retry: 'with_new_input', says: 'The bid is below the next allowed amount.' },
  max_not_raised: {
    retry: 'with_new_input',
    says: 'You lead already; a new maximum must be above your present one.',
  },
  off_grid: { retry: 'with_new_input', says: 'The amount is not on the lot’s grid.' },
  amount_invalid: {
    retry: 'with_new_input',
    says: 'The amount must be a positive whole number of minor units, at most 10^15.',
  },
  currency_mismatch: { retry: 'with_new_input', says: 'The lot is sold in another currency.' },
  confirm_required: {
    retry: 'with_new_input',
    says: 'The bid is far above the price; send it again with the confirm token.',
  },
  idempotency_mismatch: {
    retry: 'never',
    says: 'This id was used before with other contents.',
  },
  // The lot.
  lot_not_found: { retry: 'never', says: 'There is no such lot.' },
  lot_not_open: { retry: 'after_delay', says: 'The lot is not open for bids yet.' },
  lot_paused: { retry: 'after_delay', says: 'The lot is paused.' },
  lot_closed: { retry: 'never', says: 'The lot has closed.' },
  lot_state: { retry: 'never', says: 'The lot’s state does not allow this.' },
  lot_rules: { retry: 'with_new_input', says: 'The lot’s rules do not allow this value.' },
  retraction_not_allowed: { retry: 'never', says: 'The bid can not be retracted.' },
  // The bidder.
  self_bid: { retry: 'never', says: 'Sellers may not bid on their own lots.' },
  bidder_blocked: { retry: 'never', says: 'The seller or the house does not take your bids.' },
  not_permitted: { retry: 'never', says: 'Only the lot’s seller or a service may do this.' },
  // The moment.
  rate_limited: { retry: 'after_delay', says: 'Too many bids; wait a little.' },
  overloaded: {
    retry: 'after_delay',
    says: 'The server sheds load; nothing was decided, try again later.',
  },
  // The outcome is in doubt: not a refusal, but in the same closed table.
  outcome_unknown: {
    retry: 'same_id',
    says: 'The answer was lost; send the same id again to learn it.',
  },
  internal: { retry: 'same_id', says: 'The server failed; send the same id again.' },
} as const satisfies Record<string, RefusalEntry>

export type RefusalCode = keyof typeof REFUSALS

/** Whether anything the client does can help: a new input, waiting, the same id again. The table says which. */
export function isRetryable(code: RefusalCode): boolean {
  return REFUSALS[code].retry !== 'never'
}
