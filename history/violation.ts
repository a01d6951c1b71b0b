// What a history can be found guilty of: a closed table, and the findings with their evidence.

export const RULES = {
  // Commands and their outcomes.
  acknowledged_missing: 'What a client was told is not there.',
  acknowledged_otherwise: 'What is stored is not what a client was told.',
  two_outcomes: 'One id had two different outcomes.',
  decided_twice: 'One id was decided twice.',
  refused_but_decided: 'A client was told that nothing was decided, and it was.',
  unresolved: 'A client never learned what became of its command.',
  not_asked: 'A decision is about something that nobody asked for.',
  order_reversed: 'A command that was sent after another one was answered came before it.',
  // Numbers.
  gap: 'Numbers are missing, doubled or out of order.',
  stale_owner: 'An owner whose shard had a newer one has written.',
  admission_fell: 'A decision was admitted before the one ahead of it.',
  // The auction.
  price_fell: 'The price fell without a retraction.',
  wrong_leader: 'The leader does not hold the highest, or at a tie the earliest, maximum.',
  price_bounds: 'The price is above the leader’s maximum or below the runner-up’s.',
  bid_too_low_taken: 'A bid below the least next amount was taken.',
  bid_refused_wrongly: 'A bid was refused for a reason that did not hold.',
  reserve_flag: 'A reserve that was met was not met any more, without a retraction.',
  late_bid_taken: 'A bid was taken at or after the end.',
  early_refusal: 'A bid before the end was refused as closed, or as not open.',
  end_moved_back: 'The end moved backwards.',
  wrong_end: 'The end moved, or did not, otherwise than the rules say.',
  closed_early: 'A lot was closed before its end.',
  after_close: 'Something happened to a lot that had closed.',
  wrong_result: 'A lot was not closed as it stood.',
  wrong_price: 'The same bids brought another price elsewhere.',
  overdue: 'A lot is still waiting, though its time has come.',
  // Streams.
  told_otherwise: 'Watchers were told something else than what is stored.',
  hole: 'A watcher missed something and was not told so.',
  back_in_time: 'A watcher was told something older than, or the same as, what it had.',
  left_behind: 'A watcher did not come to the end of the stream.',
  untold: 'Something that is stored was never told.',
  final_state: 'The state at the end is not the one after the last event.',
  // Notifications.
  unnotified: 'Somebody was not notified of what concerned them.',
  notified_otherwise: 'Somebody was notified of what did not concern them.',
  // Chat.
  wrong_unread: 'A number of unread messages is not exact.',
  not_in_stream: 'A message has no place in the stream, or another’s.',
} as const satisfies Record<string, string>

export type Rule = keyof typeof RULES

export interface Violation {
  readonly rule: Rule
  /** What is wrong, in one plain sentence. */
  readonly says: string
  /** Ids and numbers by which it can be looked up. */
  readonly evidence: Readonly<Record<string, string | number | null>>
}

/** A system that is wrong is often wrong a million times: so many are kept, the others counted. */
const keptMax = 100

/** Collects violations. */
export class Findings {
  readonly #kept: Violation[] = []
  #count = 0

  /** How many there were, those included that were not kept. */
  get count(): number {
    return this.#count
  }

  get violations(): readonly Violation[] {
    return this.#kept
  }

  /** Those that another judge has found; `count` is that of all, kept or not. */
  adopt(violations: readonly Violation[], count: number): void {
    this.#count += count
    this.#kept.push(...violations.slice(0, keptMax - this.#kept.length))
  }

  add(rule: Rule, detail: string, evidence: Violation['evidence']): void {
    this.#count += 1
    if (this.#kept.length < keptMax) {
      this.#kept.push({ rule, says: `${RULES[rule]} ${detail}`, evidence })
    }
  }
}
