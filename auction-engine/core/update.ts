// What a seller may still change. A draft is free; from publication on the reserve may only fall and
// the end only move later, unless a service moves it.
import type { RefusalFields } from '../../protocol/auction.ts'
import type { Decided, LotCommand } from './decision.ts'
import type { Lot, LotNow, LotRules } from './lot.ts'
import { isReserveMet, liftedToReserve } from './proxy.ts'
import { type Asked, acceptedForLot, counted, event, refused } from './record.ts'

type UpdateLot = Extract<LotCommand, { type: 'update_lot' }>
type Fault = Required<Pick<RefusalFields, 'field' | 'rule'>>

export function updateLot(asked: Asked<UpdateLot>): Decided {
  const { lot, atMs } = asked
  const fault = faultOfReserve(asked) ?? faultOfEnd(asked)
  if (fault !== undefined) return refused(asked, 'lot_rules', fault)

  const rules = changedRules(lot, asked.command.changes)
  if (rules === undefined) return acceptedForLot(asked, { now: counted(lot, atMs), events: [] })
  const quiet = under(rules, lot, counted(lot, atMs), endMoves(lot, asked.command.changes))
  if (lot.now.state === 'draft') return acceptedForLot(asked, { now: quiet, events: [], rules })
  const now: LotNow = { ...quiet, seq: quiet.seq + 1 }
  return acceptedForLot(asked, { now, events: [event('lot_updated', now)], rules })
}

function faultOfReserve({ lot, command }: Asked<UpdateLot>): Fault | undefined {
  const wanted = command.changes.reservePrice
  const { reservePrice, startPrice } = lot.rules.terms
  if (wanted === undefined || wanted === null || wanted === reservePrice) return undefined
  if (wanted < startPrice) return { field: 'reservePrice', rule: 'below_start_price' }
  if (lot.now.state === 'draft') return undefined
  const lower = reservePrice !== undefined && wanted < reservePrice
  return lower ? undefined : { field: 'reservePrice', rule: 'only_lower' }
}

function faultOfEnd({ lot, command, atMs }: Asked<UpdateLot>): Fault | undefined {
  const wanted = command.changes.endsAt
  const { now, rules } = lot
  if (wanted === undefined || wanted === now.endsAtMs) return undefined
  if (wanted <= now.startsAtMs) return { field: 'endsAt', rule: 'not_after_start' }
  if (now.state === 'draft' || wanted > now.endsAtMs) return undefined
  if (!command.actor.roles.includes('service')) return { field: 'endsAt', rule: 'only_later' }
  // Whoever watches the clock keeps at least the time that a late bid would give.
  const soonest = atMs + (rules.terms.softClose?.windowMs ?? 0)
  return wanted < soonest ? { field: 'endsAt', rule: 'too_soon' } : undefined
}

/** Whether the end moves: from where it is now, which after extensions is not where the terms put it. */
function endMoves({ now }: Lot, { endsAt }: UpdateLot['changes']): boolean {
  return endsAt !== undefined && endsAt !== now.endsAtMs
}

/** The rules with the changes in them; undefined where the changes change nothing. */
function changedRules(lot: Lot, changes: UpdateLot['changes']): LotRules | undefined {
  const { reservePrice: reserveBefore, ...others } = lot.rules.terms
  const moves = endMoves(lot, changes)
  const reserve = changes.reservePrice === undefined ? reserveBefore : changes.reservePrice
  const { title = others.title, description = others.description } = changes
  const same =
    !moves &&
    title === others.title &&
    description === others.description &&
    (reserve ?? undefined) === reserveBefore
  if (same) return undefined
  const terms = {
    ...others,
    title,
    endsAt: moves ? (changes.endsAt ?? others.endsAt) : others.endsAt,
    ...(description === undefined ? {} : { description }),
    ...(reserve === undefined || reserve === null ? {} : { reservePrice: reserve }),
  }
  return { ...lot.rules, terms }
}

/** The state under changed rules: the end moves, and a reserve now within the leader's reach lifts the price. */
function under(rules: LotRules, lot: Lot, now: LotNow, endMoved: boolean): LotNow {
  const { endsAt, reservePrice } = rules.terms
  const leader = now.leaderId === null ? undefined : lot.standings.get(now.leaderId)
  const price =
    now.price === null || leader === undefined
      ? now.price
      : liftedToReserve(rules, leader.max, now.price)
  return {
    ...now,
    price,
    reserveMet: isReserveMet(reservePrice, price),
    ...(endMoved ? { endsAtMs: endsAt, originalEndsAtMs: endsAt } : {}),
  }
}
