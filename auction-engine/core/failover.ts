// A lot whose owner was away in its last moments gets them back: its end moves to a grace after the
// moment somebody decides for it again.
import type { Decided, LotCommand } from './decision.ts'
import type { LotNow, LotRules } from './lot.ts'
import { type Asked, acceptedForLot, counted, event } from './record.ts'
import { endMax } from './soft-close.ts'

type ExtendLot = Extract<LotCommand, { type: 'extend_lot' }>

/** Where there is no soft close, whose window tells it, people bid in these last moments. */
const lastMomentsMs = 10_000

/**
 * Gives back what an absence took; undefined where it took nothing of the last moments, where the end is
 * further away than the grace, or where the lot's hard cap leaves nothing to give. It uses up none of the
 * lot's extensions, which are the bidders'.
 */
export function extendLot(asked: Asked<ExtendLot>): Decided | undefined {
  const { lot, command, atMs } = asked
  const { rules, now } = lot
  const endsAtMs = Math.min(atMs + command.graceMs, endMax(rules.terms.softClose, now))
  const isLonger = endsAtMs > now.endsAtMs && endsAtMs > atMs
  if (!isLonger || !missedLastMoments(rules, now, command.awayFromMs, atMs)) return undefined
  const after: LotNow = { ...counted(lot, atMs), seq: now.seq + 1, endsAtMs }
  const extended = { from: now.endsAtMs, to: endsAtMs, reason: 'failover' }
  return acceptedForLot(asked, { now: after, events: [event('lot_extended', after, { extended })] })
}

function missedLastMoments(
  { terms }: LotRules,
  { endsAtMs }: LotNow,
  awayFromMs: number,
  awayUntilMs: number,
): boolean {
  const lastMs = terms.softClose?.windowMs ?? lastMomentsMs
  return awayFromMs < endsAtMs && awayUntilMs > endsAtMs - lastMs
}
