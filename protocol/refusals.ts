// What a bid, a message or another command may be refused for: closed tables. The name travels as
// `code`, is the metric's label and stands in the tests' titles. Codes are never reused.

/** What the client can do: nothing, change the input, wait, or send the same id again. */
export type RetryAdvice = 'never' | 'with_new_input' | 'after_delay' | 'after_action' | 'same_id'

interface RefusalEntry {
  readonly retry: RetryAdvice
  readonly says: string
  /** The fields that come with this refusal, beside those of every refusal. */
  readonly fields?: readonly string[]
}

export type RefusalTable = Record<string, RefusalEntry>

/** What any command may be answered. */
const COMMON_REFUSALS = {
  idempotency_mismatch: { retry: 'never', says: 'This id was used before with other contents.' },
  rate_limited: {
    retry: 'after_delay',
    says: 'Too many of these; wait a little.',
    fields: ['retryAfterMs'],
  },
  overloaded: {
    retry: 'after_delay',
    says: 'The server sheds load; nothing was decided, try again later.',
    fields: ['retryAfterMs'],
  },
  // The outcome is in doubt: not a refusal, but in the same closed table.
  outcome_unknown: {
    retry: 'same_id',
    says: 'The answer was lost; send the same id again to learn it.',
  },
  internal: {
    retry: 'same_id',
    says: 'The server failed; send the same id again.',
    fields: ['incidentId'],
  },
  not_permitted: { retry: 'never', says: 'You may not do this.' },
  lot_not_found: { retry: 'never', says: 'There is no such lot.' },
} as const satisfies RefusalTable

export const LOT_REFUSALS = {
  ...COMMON_REFUSALS,
  idempotency_mismatch: { ...COMMON_REFUSALS.idempotency_mismatch, fields: ['fields'] },
  rate_limited: { ...COMMON_REFUSALS.rate_limited, fields: ['retryAfterMs', 'scope'] },
  // The bid itself.
  bid_too_low: {
    retry: 'with_new_input',
    says: 'The bid is below the next allowed amount.',
    fields: ['minAcceptable'],
  },
  max_not_raised: {
    retry: 'with_new_input',
    says: 'You lead already; a new maximum must be above your present one.',
    fields: ['minAcceptable'],
  },
  off_grid: {
    retry: 'with_new_input',
    says: 'The amount is not on the lot’s grid.',
    fields: ['below', 'above'],
  },
  amount_invalid: {
    retry: 'with_new_input',
    says: 'The amount must be a positive whole number of minor units, at most 10^15.',
    fields: ['reason'],
  },
  currency_mismatch: {
    retry: 'with_new_input',
    says: 'The lot is sold in another currency.',
    fields: ['expected'],
  },
  confirm_required: {
    retry: 'with_new_input',
    says: 'The bid is far above the price; send it again with the confirm token.',
  },
  // The lot.
  lot_not_open: {
    retry: 'after_delay',
    says: 'The lot is not open for bids yet.',
    fields: ['state', 'opensAt'],
  },
  lot_paused: { retry: 'after_delay', says: 'The lot is paused.' },
  lot_closed: { retry: 'never', says: 'The lot has closed.', fields: ['closedAt', 'result'] },
  lot_state: {
    retry: 'never',
    says: 'The lot’s state does not allow this.',
    fields: ['state', 'rule'],
  },
  lot_rules: {
    retry: 'with_new_input',
    says: 'The lot’s rules do not allow this value.',
    fields: ['field', 'rule'],
  },
  retraction_not_allowed: {
    retry: 'never',
    says: 'The bid can not be retracted.',
    fields: ['rule', 'until'],
  },
  // The bidder.
  self_bid: { retry: 'never', says: 'Sellers may not bid on their own lots.' },
  bidder_blocked: { retry: 'never', says: 'The seller or the house does not take your bids.' },
} as const satisfies RefusalTable

export const CHAT_REFUSALS = {
  ...COMMON_REFUSALS,
  // Who speaks. A conversation of others and one that does not exist are not told apart.
  not_member: { retry: 'never', says: 'There is no such conversation of yours.' },
  peer_invalid: {
    retry: 'with_new_input',
    says: 'A conversation has two different people; about a lot, one of them is its seller.',
  },
  blocked: { retry: 'never', says: 'Your messages are not delivered here.' },
  muted_by_moderator: {
    retry: 'after_delay',
    says: 'A moderator has muted you for a while.',
    fields: ['until'],
  },
  slow_mode: {
    retry: 'after_delay',
    says: 'Slow mode: wait before the next message.',
    fields: ['retryAfterMs'],
  },
  // What is said.
  text_empty: { retry: 'with_new_input', says: 'The message has no text.' },
  text_too_long: { retry: 'with_new_input', says: 'The text is too long.', fields: ['max'] },
  text_invalid: {
    retry: 'with_new_input',
    says: 'The text holds control characters or half of a surrogate pair, or a reaction is no emoji.',
    fields: ['expected'],
  },
  refused_by_rule: {
    retry: 'with_new_input',
    says: 'The text is not allowed here.',
    fields: ['rule', 'reason'],
  },
  attachment_not_ready: {
    retry: 'after_action',
    says: 'There is no such upload of yours for this conversation, or it is not complete.',
  },
  attachment_type: {
    retry: 'with_new_input',
    says: 'The file’s type is not allowed, or is not the one that was declared.',
    fields: ['expected'],
  },
  attachment_too_large: {
    retry: 'with_new_input',
    says: 'The file is too large.',
    fields: ['max'],
  },
  reply_target_missing: {
    retry: 'with_new_input',
    says: 'The message that is quoted is not in this conversation, or was deleted.',
  },
  // What was said before.
  message_missing: { retry: 'never', says: 'There is no such message, or it was deleted.' },
  edit_window_over: { retry: 'never', says: 'The time for this change is over.' },
  reaction_limit: {
    retry: 'with_new_input',
    says: 'Too many different reactions.',
    fields: ['max'],
  },
  mark_beyond_end: {
    retry: 'with_new_input',
    says: 'The mark is beyond the end.',
    fields: ['max'],
  },
  // Offers.
  amount_invalid: LOT_REFUSALS.amount_invalid,
  offer_state: {
    retry: 'never',
    says: 'The offer’s state does not allow this.',
    fields: ['state'],
  },
  offer_expiry_invalid: {
    retry: 'with_new_input',
    says: 'An offer ends in the future, within 30 days.',
  },
  // Moderation.
  case_decided: { retry: 'never', says: 'The case is not there, or was decided already.' },
} as const satisfies RefusalTable

export const FEED_REFUSALS = {
  rate_limited: COMMON_REFUSALS.rate_limited,
  overloaded: COMMON_REFUSALS.overloaded,
  outcome_unknown: COMMON_REFUSALS.outcome_unknown,
  internal: COMMON_REFUSALS.internal,
  not_permitted: COMMON_REFUSALS.not_permitted,
  mark_beyond_end: CHAT_REFUSALS.mark_beyond_end,
} as const satisfies RefusalTable

/** What a command about webhooks may be refused for. */
export const WEBHOOK_REFUSALS = {
  idempotency_mismatch: COMMON_REFUSALS.idempotency_mismatch,
  overloaded: COMMON_REFUSALS.overloaded,
  outcome_unknown: COMMON_REFUSALS.outcome_unknown,
  internal: COMMON_REFUSALS.internal,
  not_permitted: COMMON_REFUSALS.not_permitted,
  webhook_missing: { retry: 'never', says: 'There is no such webhook.' },
  webhook_url_refused: {
    retry: 'with_new_input',
    says: 'Webhooks are not sent to this address.',
    fields: ['field', 'reason'],
  },
  webhook_limit: { retry: 'after_action', says: 'There are too many webhooks.', fields: ['max'] },
  secret_limit: {
    retry: 'after_delay',
    says: 'Too many secrets of this webhook sign at once; wait until older ones have ended.',
    fields: ['max'],
  },
  delivery_missing: { retry: 'never', says: 'There is no such delivery of this webhook.' },
} as const satisfies RefusalTable

export const REFUSALS = {
  ...FEED_REFUSALS,
  ...WEBHOOK_REFUSALS,
  ...LOT_REFUSALS,
  ...CHAT_REFUSALS,
}

export type LotRefusalCode = keyof typeof LOT_REFUSALS
export type ChatRefusalCode = keyof typeof CHAT_REFUSALS
export type FeedRefusalCode = keyof typeof FEED_REFUSALS
export type WebhookRefusalCode = keyof typeof WEBHOOK_REFUSALS
export type RefusalCode = keyof typeof REFUSALS

/** Whether anything the client does can help: a new input, waiting, the same id again. The table says which. */
export function isRetryable(code: RefusalCode): boolean {
  return REFUSALS[code].retry !== 'never'
}
