// The parts of an event as canonical JSON, written by hand for what every bid brings: `canonicalJson` says the
// same, and took a quarter of the time in which a bid was decided. Whatever is rare is left to it.
import type { LotEventDraft } from '../core/decision.ts'
import type { LivePart } from '../core/visibility.ts'
import { canonicalJson } from './canonical-json.ts'

/** The moving part of the public view. */
export function liveText(live: LivePart): string {
  if (live.result !== undefined) return canonicalJson(live)
  // States and public names hold nothing that JSON would escape.
  const leader = live.leader === null ? 'null' : `"${live.leader}"`
  return (
    `{"bidCount":${live.bidCount},"bidderCount":${live.bidderCount},"endsAt":${live.endsAt},` +
    `"extensions":${live.extensions},"leader":${leader},"minNext":${live.minNext},` +
    `"price":${live.price},"reserveMet":${live.reserveMet},"round":${live.round},` +
    `"seq":${live.seq},"serverTime":${live.serverTime},"startsAt":${live.startsAt},` +
    `"state":"${live.state}"}`
  )
}

/** The event's own public fields. */
export function detailText(detail: LotEventDraft['detail']): string {
  const { bid, extended, retracted } = detail
  if (bid === undefined || extended !== undefined || retracted !== undefined) {
    return canonicalJson(detail)
  }
  return `{"bid":{"alias":"${bid.alias}","amount":${bid.amount},"at":${bid.at},"kind":"${bid.kind}"}}`
}

/** Who is concerned. */
export function concernedText(concerned: LotEventDraft['concerned']): string {
  const { outbid, winner } = concerned
  if (outbid === undefined || winner !== undefined) return canonicalJson(concerned)
  return `{"outbid":${JSON.stringify(outbid)}}`
}
