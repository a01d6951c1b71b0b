// What is asked, and what the answers mean: bids on a lot, and messages in conversations.
import { ordinaryText } from '../givens.ts'
import { idOf, type Ledger } from '../ledger.ts'
import type { Matter } from './words.ts'

/** What a server answers, as far as it is looked at. */
export interface Answer {
  readonly outcome?: string
  readonly code?: string
  /** Where a lot stands after an accepted bid. */
  readonly price?: number
  readonly retryAfterMs?: number
}

export type Verdict =
  /** Both are answers: how long they took counts, and whoever got one asks on at once. */
  | 'accepted'
  | 'refused'
  /** It was refused for now: nobody had an answer, and whoever asked waits so long before it asks again. */
  | { readonly waitMs: number }

/** How one asks. What is accepted goes into a ledger. */
export interface Asking {
  readonly method: string
  /** Of the nth question, as JSON. `asker` is the number of whoever asks it. */
  dataOf(nth: number, asker: number): string
  /** Undefined where it should not have been answered so. */
  heard(nth: number, answer: Answer): Verdict | undefined
}

export function askingAbout(matter: Matter, ledger: Ledger): Asking {
  return matter.type === 'bids' ? bidsOn(matter, ledger) : messagesIn(matter, ledger)
}

function bidsOn({ lotId }: Extract<Matter, { type: 'bids' }>, ledger: Ledger): Asking {
  return {
    method: 'bid.place',
    // The least price is 1. Written by hand, since who bids shares the cores with the server.
    dataOf: (nth) =>
      `{"lotId":"${lotId}","clientBidId":"${idOf(nth)}","kind":"exact","amount":${nth + 1},"currency":"USD"}`,
    heard(nth, { outcome, code, price = 0 }) {
      // A higher one was faster, or too many are waiting: the bid was in order.
      if (code === 'bid_too_low' || code === 'overloaded') return 'refused'
      if (outcome !== 'accepted') return undefined
      ledger.acceptedBid(nth, lotId, price)
      return outcome
    },
  }
}

function messagesIn(
  { conversationIds }: Extract<Matter, { type: 'messages' }>,
  ledger: Ledger,
): Asking {
  return {
    method: 'chat.send',
    // Whoever talks does so in one room: to say a first word in each of them costs about twice as much.
    dataOf: (nth, talker) =>
      `{"conversationId":"${conversationIds[talker % conversationIds.length]}","clientMessageId":"${idOf(nth)}","text":"${ordinaryText}"}`,
    heard(nth, { outcome, code, retryAfterMs = 0 }) {
      if (code === 'overloaded') return { waitMs: retryAfterMs }
      if (outcome !== 'accepted') return undefined
      ledger.accepted(nth)
      return outcome
    },
  }
}
