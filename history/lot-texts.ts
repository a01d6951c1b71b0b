// Lots' answers and states as texts to be compared.
import type { EngineReply } from '../protocol/engine.ts'
import { canonicalText, digestOf } from './digest.ts'
import type { Asked, LiveView } from './lot-entries.ts'

/** The moving part of a view and nothing else of it: titles may change, and the server's time does. */
export function liveText(view: LiveView): string {
  const { state, round, seq, price, minNext, leader, reserveMet, bidCount, bidderCount } = view
  const { startsAt, endsAt, extensions, result } = view
  const numbers = [round, seq, price, minNext, bidCount, bidderCount, startsAt, endsAt, extensions]
  return `${state} ${leader} ${reserveMet} ${numbers.join(' ')} ${canonicalText(result ?? null)}`
}

export function digestOfView(view: LiveView): number {
  return digestOf(liveText(view))
}

/** A repeat is the first answer again; the lot's state beside the lot is said twice by some. */
export function digestOfReply(reply: EngineReply): number {
  const { replayed: _replayed, ...said } = { replayed: undefined, ...reply }
  if (!('lot' in said)) return digestOf(canonicalText(said))
  const { state: _state, ...rest } = { state: undefined, ...said }
  return digestOf(canonicalText(rest))
}

export function digestOfAsked({ type, kind, amount, clientBidId }: Asked): number {
  return digestOf(canonicalText({ type, kind, amount, clientBidId }))
}
