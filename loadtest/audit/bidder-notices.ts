// Whether everybody whom the bids on a lot concerned was notified, by the decisions that are stored and the feeds that
// are. Only a database tells both.
import type { StoredDecision, StoredEvent } from '../../history/lot-entries.ts'
import { Maxima } from '../../history/maxima.ts'
import { Findings } from '../../history/violation.ts'
import type { LotEventType } from '../../protocol/auction.ts'
import type { NotificationType } from '../../protocol/notifications.ts'

/** A notification about a lot, as a feed has it. */
export interface StoredNotice {
  readonly userId: string
  readonly type: NotificationType
  /** The event of the lot that caused it. */
  readonly seq: number
}

/** Those of all lots, told one lot after the other. */
export class BidderNotices {
  readonly findings = new Findings()
  #due = 0
  #ofLot: LotNotices | undefined

  /** How many notifications there had to be. */
  get due(): number {
    return this.#due
  }

  /** What the bidders of the lot were notified of that is told of next. */
  notified(lotId: string, notices: readonly StoredNotice[]): void {
    this.#ofLot = new LotNotices(lotId, notices, this.findings)
  }

  decided(decision: StoredDecision): void {
    this.#ofLot?.decided(decision)
  }

  ended(): void {
    this.#due += this.#ofLot?.finish() ?? 0
  }
}

const ends: readonly LotEventType[] = ['lot_closed', 'lot_withdrawn', 'lot_cancelled']

/**
 * One lot's. A storm is told in stretches of any length, and of a stretch only what holds at its end, so of most events
 * it can not be said whether they had to be told. What can be said:
 * - Whoever stands outbid at the end of the log was outbid by one last event. Whatever stretch that is in, its end finds
 *   that bidder outbid by it, and its notification names it.
 * - Where the lot has ended its last stretch tells the end instead, to everybody with a bid that stands; whoever stood
 *   outbid then may never have been told of that.
 * - Whoever was told to be outbid by an event was.
 * Who took bids back is owed nothing for them.
 */
class LotNotices {
  readonly #lotId: string
  readonly #findings: Findings
  /** What nothing has explained yet. */
  readonly #unexplained = new Map<string, StoredNotice>()
  readonly #stored: ReadonlySet<string>
  readonly #maxima = new Maxima()
  readonly #bidders = new Set<string>()
  /** Who stands outbid, and by which event. */
  readonly #outbid = new Map<string, number>()
  #end: StoredEvent | undefined

  constructor(lotId: string, stored: readonly StoredNotice[], findings: Findings) {
    this.#lotId = lotId
    this.#findings = findings
    this.#stored = new Set(stored.map(keyOf))
    for (const notice of stored) {
      if (notice.type === 'outbid') this.#unexplained.set(keyOf(notice), notice)
    }
  }

  /** In their order. */
  decided({ actorId, asked, reply, decisionNo, events }: StoredDecision): void {
    this.#end ??= events.find(({ type }) => ends.includes(type))
    if (actorId === undefined || reply.outcome !== 'accepted' || !('yourMax' in reply)) return
    if (asked.type === 'retract_bid') {
      this.#maxima.retract(actorId, reply.yourMax)
      if (reply.yourMax === 0) this.#bidders.delete(actorId)
      this.#outbid.delete(actorId)
    } else {
      const amount = reply.appliedAmount ?? asked.amount ?? 0
      const before = this.#maxima.leaderId
      this.#maxima.bid({ bidderId: actorId, amount, decisionNo })
      this.#bidders.add(actorId)
      const { leaderId } = this.#maxima
      const loser = leaderId === actorId ? before : actorId
      if (loser !== undefined && loser !== leaderId) this.#displaced(loser, events[0]?.seq ?? 0)
    }
    this.#outbid.delete(this.#maxima.leaderId ?? '')
  }

  /** @returns How many notifications there had to be. */
  finish(): number {
    const due = this.#due()
    for (const notice of due) {
      if (!this.#stored.has(keyOf(notice))) this.#say('unnotified', 'has no', notice)
    }
    for (const notice of this.#unexplained.values()) {
      this.#say('notified_otherwise', 'has an', notice)
    }
    return due.length
  }

  #displaced(userId: string, seq: number): void {
    this.#unexplained.delete(keyOf({ userId, type: 'outbid', seq }))
    this.#outbid.set(userId, seq)
  }

  #due(): StoredNotice[] {
    const end = this.#end
    if (end === undefined) {
      return Array.from(this.#outbid, ([userId, seq]) => ({ userId, type: 'outbid', seq }))
    }
    const { seq, view } = end
    const winner = view.result?.outcome === 'sold' ? this.#maxima.leaderId : undefined
    return [...this.#bidders].flatMap((userId): StoredNotice[] =>
      userId === winner
        ? [
            { userId, type: 'lot_won', seq },
            { userId, type: 'order_created', seq },
          ]
        : [{ userId, type: 'lot_lost', seq }],
    )
  }

  #say(
    rule: 'unnotified' | 'notified_otherwise',
    has: string,
    { userId, type, seq }: StoredNotice,
  ): void {
    const lotId = this.#lotId
    const detail = `Lot ${lotId}: ${userId} ${has} ${type} by event ${seq}.`
    this.#findings.add(rule, detail, { lotId, userId, type, seq })
  }
}

function keyOf({ userId, type, seq }: StoredNotice): string {
  return `${type} ${seq} ${userId}`
}
