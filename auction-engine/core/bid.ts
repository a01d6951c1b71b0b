// The decisions on bids: placing one, and taking one back.
import type { EngineCommand } from '../../protocol/engine.ts'
import type { Decided, LotEventDraft } from './decision.ts'
import { leastOnGrid, ontoGrid } from './grid.ts'
import { stepAt } from './increments.ts'
import type { Lot, LotNow, LotRules, Standing } from './lot.ts'
import {
  isReserveMet,
  type Lead,
  leadAfterChallenge,
  leadAfterRaise,
  leadAmong,
  leastBid,
} from './proxy.ts'
import { type Asked, acceptedForBidder, counted, event, type Outcome, refused } from './record.ts'
import { afterBid, afterRetraction, rulingOn } from './retraction.ts'
import { extensionFor } from './soft-close.ts'
import { aliasOf } from './visibility.ts'

type PlaceBid = Extract<EngineCommand, { type: 'place_bid' }>
type RetractBid = Extract<EngineCommand, { type: 'retract_bid' }>

/** Decides a bid on an open lot before its end. The checks stand in the order in which they are told. */
export function placeBid(asked: Asked<PlaceBid>): Decided {
  const { lot, command } = asked
  const { rules, now } = lot
  const { terms } = rules
  const bidderId = command.actor.userId

  if (command.currency !== terms.currency) {
    return refused(asked, 'currency_mismatch', { expected: terms.currency })
  }
  if (bidderId === rules.sellerId) return refused(asked, 'self_bid')

  const lead = leadOf(lot)
  const need = leastBid(rules, lead, bidderId, command.kind)
  const base = now.price ?? terms.startPrice
  const rungs = { base, step: stepAt(rules.increments, base) }
  const onGrid = ontoGrid(terms.grid, rungs, need, command.amount)
  if (!onGrid.fits) {
    const { fits: _, ...neighbours } = onGrid
    return refused(asked, 'off_grid', neighbours)
  }
  if (onGrid.amount < need) {
    const raisesOwn = lead?.leaderId === bidderId && command.kind === 'proxy'
    return refused(asked, raisesOwn ? 'max_not_raised' : 'bid_too_low', {
      minAcceptable: leastOnGrid(terms.grid, rungs, need),
      currency: terms.currency,
    })
  }
  return takeBid(asked, lead, onGrid.amount)
}

/** Carries out a bid that nothing stands against. */
function takeBid(asked: Asked<PlaceBid>, lead: Lead | undefined, amount: number): Decided {
  const { lot, command, atMs } = asked
  const { rules, now } = lot
  const { commandId, kind } = command
  const bidderId = command.actor.userId
  const previous = lot.standings.get(bidderId)

  let after: Lead
  let bare: Standing
  if (lead?.leaderId === bidderId) {
    after = leadAfterRaise(rules, lead, amount, kind)
    bare = after.standing
  } else {
    bare = {
      max: amount,
      rank: now.decisionNo + 1,
      floor: kind === 'exact' ? amount : 0,
      aliasNo: previous?.aliasNo ?? now.bidderCount + 1,
    }
    after = leadAfterChallenge(rules, lead, bidderId, bare)
  }
  const standing = afterBid(rules, bare, previous, commandId, atMs)

  const bidden: LotNow = {
    ...now,
    seq: now.seq + 1,
    decisionNo: now.decisionNo + 1,
    admittedAtMs: atMs,
    price: after.price,
    leaderId: after.leaderId,
    leaderAliasNo: after.standing.aliasNo,
    reserveMet: isReserveMet(rules.terms.reservePrice, after.price),
    bidCount: now.bidCount + 1,
    bidderCount: now.bidderCount + (previous === undefined ? 1 : 0),
  }
  const bid = { alias: aliasOf(standing.aliasNo), amount: after.price, kind, at: atMs }
  const outbid = outbidBy(bidderId, lead, after)
  const accepted = event('bid_accepted', bidden, { bid }, outbid === undefined ? {} : { outbid })
  const moved = lead?.leaderId !== after.leaderId || lead.price !== after.price
  const extended = extendedBy(rules, bidden, moved)
  return acceptedForBidder(
    asked,
    {
      now: extended?.now ?? bidden,
      events: extended === undefined ? [accepted] : [accepted, extended],
      standing: { bidderId, standing },
    },
    { bidId: commandId, bidderId, appliedAmount: amount === command.amount ? undefined : amount },
  )
}

/** Decides a retraction on an open lot before its end. */
export function retractBid(asked: Asked<RetractBid>): Decided {
  const { lot, command, atMs } = asked
  const { rules, now } = lot
  const bidderId = command.actor.userId
  const standing = lot.standings.get(bidderId)
  const wanted = { bidId: command.clientBidId, reason: command.reason }
  const ruling = rulingOn(rules, now, standing, wanted, atMs)
  if (standing === undefined || ruling.allowed === false) {
    const { allowed: _, ...why } = ruling
    return refused(asked, 'retraction_not_allowed', why)
  }

  const left = afterRetraction(standing, ruling.allowed)
  const lead = leadAmong(rules, lot.standings.with(bidderId, left))
  const price = lead === undefined ? null : notAbove(now, lead.price)
  const after: LotNow = {
    ...counted(lot, atMs),
    seq: now.seq + 1,
    price,
    leaderId: lead?.leaderId ?? null,
    leaderAliasNo: lead?.standing.aliasNo ?? null,
    reserveMet: isReserveMet(rules.terms.reservePrice, price),
  }
  const retracted = { priceBefore: now.price ?? 0, priceAfter: after.price }
  const outcome: Outcome = {
    now: after,
    events: [event('bid_retracted', after, { retracted })],
    standing: { bidderId, standing: left },
  }
  return acceptedForBidder(asked, outcome, {
    bidId: command.clientBidId,
    bidderId,
    appliedAmount: undefined,
  })
}

/**
 * A retraction never raises the price: the maxima alone may ask for more than the price was where the
 * leader had raised its own maximum meanwhile.
 */
function notAbove(now: LotNow, price: number): number {
  return now.price === null ? price : Math.min(now.price, price)
}

function leadOf(lot: Lot): Lead | undefined {
  const { leaderId, price } = lot.now
  if (leaderId === null || price === null) return undefined
  const standing = lot.standings.get(leaderId)
  return standing === undefined ? undefined : { leaderId, standing, price }
}

/** Whom the bid leaves outbid: whoever led before, or the bidder who met a higher maximum. */
function outbidBy(bidderId: string, before: Lead | undefined, after: Lead): string[] | undefined {
  if (after.leaderId !== bidderId) return [bidderId]
  if (before === undefined || before.leaderId === bidderId) return undefined
  return [before.leaderId]
}

/** The extension which the bid that led to `now` brings about, as the event after it. */
function extendedBy(
  rules: LotRules,
  now: LotNow,
  movedLeadOrPrice: boolean,
): LotEventDraft | undefined {
  const extension = extensionFor(rules.terms.softClose, now, now.admittedAtMs, movedLeadOrPrice)
  if (extension === undefined) return undefined
  const extended = { from: now.endsAtMs, to: extension.endsAtMs, reason: 'soft_close' }
  return event('lot_extended', { ...now, seq: now.seq + 1, ...extension }, { extended })
}
