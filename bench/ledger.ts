// What people were told of their bids or messages, to be compared with what is stored. Ids are numbers in the form of
// a UUID: how many were accepted, and the sum of their numbers, tell which ones.

export interface Account {
  readonly accepted: number
  readonly sumOfIds: number
  /** Of each lot that was bid on, the highest bid that was accepted. */
  readonly highest: Readonly<Record<string, number>>
}

const idPrefix = '00000000-0000-4000-8000-'

export function idOf(nth: number): string {
  return `${idPrefix}${nth.toString(16).padStart(12, '0')}`
}

/** The number of an id, in SQL. */
export const numberOfId = (column: string): string =>
  `('x' || right(${column}::text, 12))::bit(48)::bigint`

export class Ledger {
  #accepted = 0
  #sumOfIds = 0
  readonly #highest = new Map<string, number>()

  accepted(nth: number): void {
    this.#accepted += 1
    this.#sumOfIds += nth
  }

  acceptedBid(nth: number, lotId: string, amount: number): void {
    this.accepted(nth)
    this.#highest.set(lotId, Math.max(amount, this.#highest.get(lotId) ?? 0))
  }

  account(): Account {
    return {
      accepted: this.#accepted,
      sumOfIds: this.#sumOfIds,
      highest: Object.fromEntries(this.#highest),
    }
  }
}

/** What a database says of some lots, or conversations. */
export interface Stored {
  readonly accepted: number
  readonly sumOfIds: number
  /** Lots, or conversations, whose numbers have a gap. */
  readonly torn: number
  /** Of the lots. */
  readonly prices: Readonly<Record<string, number>>
}

/** @throws Error that says what of the account is not so */
export function compare(way: string, account: Account, stored: Stored): void {
  const fail = (what: string): never => {
    throw new Error(`${way}: ${what}`)
  }
  if (stored.accepted !== account.accepted) {
    fail(`${account.accepted} were accepted, ${stored.accepted} are stored`)
  }
  if (stored.sumOfIds !== account.sumOfIds) fail('others are stored than were accepted')
  if (stored.torn > 0) fail(`the numbers of ${stored.torn} have a gap`)
  for (const [lotId, amount] of Object.entries(account.highest)) {
    const price = stored.prices[lotId]
    if (price !== amount) fail(`a lot stands at ${price}, the highest bid was ${amount}`)
  }
}
