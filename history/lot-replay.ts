// The stored decisions of one lot, in order, against the rules of the auction. What is needed of the past
// is small: the newest public state, and each bidder's maximum.
import type { BidAccepted, Refused, SoftClose } from '../protocol/auction.ts'
import type { FinalLot, LiveView, StoredDecision, StoredEvent } from './lot-entries.ts'
import { faultOfEnd } from './lot-extensions.ts'
import { liveText } from './lot-texts.ts'
import { Maxima } from './maxima.ts'
import type { Findings, Rule } from './violation.ts'

const ended: ReadonlySet<string> = new Set(['lot_closed', 'lot_withdrawn', 'lot_cancelled'])

type BidDecision = StoredDecision & { readonly actorId: string; readonly reply: BidAccepted }

export class LotReplay {
  readonly #lotId: string
  readonly #findings: Findings
  readonly #maxima = new Maxima()
  #decisionNo = 0
  #epoch = 0
  #admittedAtMs = 0
  #isEnded = false
  /** After the newest event; undefined before the first. */
  #view: LiveView | undefined
  /** Undefined where nobody told it. */
  #softClose: SoftClose | null | undefined
  #originalEndsAtMs = 0
  /** Of the first decision, and of the newest extension by failover. */
  #firstEpoch: number | undefined
  #extendedEpoch = 0

  constructor(lotId: string, findings: Findings) {
    this.#lotId = lotId
    this.#findings = findings
  }

  offered(softClose: SoftClose | null): void {
    this.#softClose = softClose
  }

  decided(decision: StoredDecision): void {
    const before = this.#view
    const isFollower = this.#isFollower(decision)
    const { decisionNo, epoch, admittedAtMs, reply, actorId, asked, events } = decision
    this.#checkNumbers(decision)
    this.#decisionNo = decisionNo
    this.#epoch = Math.max(this.#epoch, epoch)
    this.#admittedAtMs = Math.max(this.#admittedAtMs, admittedAtMs)
    const isAboutBids = asked.type === 'place_bid' || asked.type === 'retract_bid'
    if (reply.outcome === 'refused') this.#checkRefusal(decision, reply)
    else if (this.#isEnded) this.#say('after_close', `It accepted ${asked.type}.`, { decisionNo })
    if (
      reply.outcome === 'accepted' &&
      isAboutBids &&
      actorId !== undefined &&
      'yourMax' in reply
    ) {
      this.#takeBid({ ...decision, actorId, reply })
    }
    for (const event of events) this.#happened(event, decision)
    if (before !== undefined) this.#checkEnd(decision, before, isFollower)
  }

  /** Compares the end of the history with the state in the database. */
  finish({ decisionNo, view, untold = 0, overdueBeforeMs }: FinalLot): void {
    if (decisionNo !== this.#decisionNo) {
      const detail = `The lot counts ${decisionNo} decisions, ${this.#decisionNo} are stored.`
      this.#say('final_state', detail, { decisionNo })
    }
    if (this.#view !== undefined && liveText(this.#view) !== liveText(view)) {
      const detail = `After event ${this.#view.seq} it was ${liveText(this.#view)}, now ${liveText(view)}.`
      this.#say('final_state', detail, { seq: view.seq })
    }
    if (untold > 0)
      this.#say('untold', `${untold} of its events, or groups of them, were not.`, { untold })
    const dueMs = { scheduled: view.startsAt, open: view.endsAt }[view.state as string]
    if (dueMs !== undefined && overdueBeforeMs !== undefined && dueMs < overdueBeforeMs) {
      this.#say('overdue', `It is ${view.state}, due at ${dueMs}.`, { seq: view.seq })
    }
  }

  /**
   * Whether the decision's owner came after another one, and has extended nothing yet. It may have decided
   * before it extends: what was waiting when the lot was read.
   */
  #isFollower({ epoch, asked }: StoredDecision): boolean {
    this.#firstEpoch ??= epoch
    const isFollower = epoch > this.#firstEpoch && epoch > this.#extendedEpoch
    if (asked.type === 'extend_lot') this.#extendedEpoch = epoch
    return isFollower
  }

  #checkNumbers({ decisionNo, epoch, admittedAtMs }: StoredDecision): void {
    if (decisionNo !== this.#decisionNo + 1) {
      this.#say('gap', `Decision ${decisionNo} follows ${this.#decisionNo}.`, { decisionNo })
    }
    if (epoch < this.#epoch) {
      const detail = `Decision ${decisionNo} has epoch ${epoch}, after ${this.#epoch}.`
      this.#say('stale_owner', detail, { decisionNo, epoch })
    }
    if (admittedAtMs < this.#admittedAtMs) {
      const detail = `Decision ${decisionNo} was admitted at ${admittedAtMs}, after ${this.#admittedAtMs}.`
      this.#say('admission_fell', detail, { decisionNo })
    }
  }

  #checkRefusal({ decisionNo, admittedAtMs, asked }: StoredDecision, reply: Refused): void {
    const view = this.#view
    if (view === undefined) return
    const isOpen = view.state === 'open' && admittedAtMs < view.endsAt
    if (isOpen && (reply.code === 'lot_closed' || reply.code === 'lot_not_open')) {
      const detail = `Decision ${decisionNo} at ${admittedAtMs} says ${reply.code}; the end was ${view.endsAt}.`
      this.#say('early_refusal', detail, { decisionNo })
    }
    const amount = asked.amount ?? 0
    if (reply.code === 'bid_too_low' && amount >= (reply.minAcceptable ?? 0)) {
      const detail = `Decision ${decisionNo} asks for ${reply.minAcceptable}, and ${amount} was bid.`
      this.#say('bid_refused_wrongly', detail, { decisionNo })
    }
    if (reply.price !== undefined && reply.price !== view.price) {
      const detail = `Decision ${decisionNo} names the price ${reply.price}, which was ${view.price}.`
      this.#say('bid_refused_wrongly', detail, { decisionNo })
    }
  }

  #takeBid({ actorId, asked, decisionNo, admittedAtMs, reply, events }: BidDecision): void {
    const view = this.#view
    const maxima = this.#maxima
    if (view !== undefined && admittedAtMs >= view.endsAt) {
      const detail = `Decision ${decisionNo} at ${admittedAtMs}; the end was ${view.endsAt}.`
      this.#say('late_bid_taken', detail, { decisionNo })
    }
    if (asked.type === 'retract_bid') {
      if (!maxima.retract(actorId, reply.yourMax)) {
        const detail = `Decision ${decisionNo} leaves ${actorId} a maximum it did not have.`
        this.#say('acknowledged_otherwise', detail, { decisionNo, actorId })
      }
    } else {
      const amount = reply.appliedAmount ?? asked.amount ?? 0
      const isRaise = maxima.leaderId === actorId && asked.kind === 'proxy'
      const least = isRaise ? maxima.leaderMax + 1 : (view?.minNext ?? 0)
      if (amount < least) {
        const detail = `Decision ${decisionNo} took ${amount}; the least was ${least}.`
        this.#say('bid_too_low_taken', detail, { decisionNo, actorId })
      }
      maxima.bid({ bidderId: actorId, amount, decisionNo })
    }
    this.#checkLead(actorId, reply, decisionNo, events[0])
  }

  /** What the bid's answer and its event say of leader and price, against the judge's own book. */
  #checkLead(
    bidderId: string,
    reply: BidAccepted,
    decisionNo: number,
    event: StoredEvent | undefined,
  ): void {
    const maxima = this.#maxima
    const leads = maxima.leaderId === bidderId
    const told = event?.view.leader ?? null
    if (reply.leading !== leads || told !== maxima.leaderAlias) {
      const detail = `After decision ${decisionNo} ${told ?? 'nobody'} leads; it should be ${maxima.leaderAlias ?? 'nobody'}.`
      this.#say('wrong_leader', detail, { decisionNo, bidderId })
    }
    if (reply.yourMax !== maxima.maxOf(bidderId)) {
      const detail = `Decision ${decisionNo} tells ${bidderId} another maximum than it has.`
      this.#say('acknowledged_otherwise', detail, { decisionNo, bidderId })
    }
    const { price } = reply
    const isBounded =
      price === null
        ? maxima.leaderId === undefined
        : price <= maxima.leaderMax && price >= maxima.runnerUpMax
    if (!isBounded || event?.view.price !== price) {
      const detail = `After decision ${decisionNo} the price is ${price}, in the event ${event?.view.price}.`
      this.#say('price_bounds', detail, { decisionNo })
    }
  }

  #happened(event: StoredEvent, decision: StoredDecision): void {
    const { seq, epoch, type, view } = event
    const before = this.#view
    if (seq !== (before?.seq ?? 0) + 1 || view.seq !== seq) {
      this.#say('gap', `Event ${seq} follows ${before?.seq ?? 0}.`, { seq })
    }
    if (epoch !== decision.epoch) {
      const detail = `Event ${seq} has epoch ${epoch}, its decision ${decision.epoch}.`
      this.#say('stale_owner', detail, { seq, epoch })
    }
    if (this.#isEnded) this.#say('after_close', `Event ${seq} is ${type}.`, { seq })
    if (before !== undefined) this.#checkStep(before, event)
    if (type === 'lot_closed') this.#checkClosing(before, event, decision)
    this.#isEnded ||= ended.has(type)
    const isPut = before === undefined || (type === 'lot_updated' && view.endsAt !== before.endsAt)
    if (isPut) this.#originalEndsAtMs = view.endsAt
    this.#view = view
  }

  #checkStep(before: LiveView, { seq, type, view }: StoredEvent): void {
    if (type === 'bid_retracted') return
    if ((view.price ?? 0) < (before.price ?? 0)) {
      this.#say('price_fell', `From ${before.price} to ${view.price} with event ${seq}.`, { seq })
    }
    if (before.reserveMet && !view.reserveMet) {
      this.#say('reserve_flag', `With event ${seq}.`, { seq })
    }
    // A service may bring the end forward; that is an update, and said as one.
    if (type !== 'lot_updated' && view.endsAt < before.endsAt) {
      this.#say('end_moved_back', `From ${before.endsAt} to ${view.endsAt} with event ${seq}.`, {
        seq,
      })
    }
  }

  #checkEnd(decision: StoredDecision, before: LiveView, isFollower: boolean): void {
    const after = this.#view
    const softClose = this.#softClose
    if (after === undefined || softClose === undefined) return
    const originalEndsAtMs = this.#originalEndsAtMs
    const moved = { decision, softClose, originalEndsAtMs, isFollower, before, after }
    const fault = faultOfEnd(moved)
    if (fault === undefined) return
    const { decisionNo } = decision
    this.#say('wrong_end', `With decision ${decisionNo}. ${fault}`, { decisionNo })
  }

  #checkClosing(
    before: LiveView | undefined,
    { seq, view }: StoredEvent,
    { admittedAtMs }: StoredDecision,
  ): void {
    if (before === undefined) return
    if (admittedAtMs < before.endsAt) {
      const detail = `Event ${seq} at ${admittedAtMs}; the end was ${before.endsAt}.`
      this.#say('closed_early', detail, { seq })
    }
    const alias = this.#maxima.leaderAlias
    const isSold = alias !== null && before.reserveMet
    const { result } = view
    const isRight = isSold
      ? result?.outcome === 'sold' && result.winner === alias && result.price === before.price
      : result?.outcome === 'unsold' && result.winner === undefined
    if (!isRight || view.state !== result?.outcome) {
      const detail = `It closed ${view.state} to ${result?.winner ?? 'nobody'} at ${result?.price ?? 'no price'}; ${alias ?? 'nobody'} led at ${before.price}.`
      this.#say('wrong_result', detail, { seq })
    }
  }

  #say(rule: Rule, detail: string, evidence: Readonly<Record<string, string | number>>): void {
    const lotId = this.#lotId
    this.#findings.add(rule, `Lot ${lotId}: ${detail}`, { lotId, ...evidence })
  }
}
