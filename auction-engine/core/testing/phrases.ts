// Everything that can be said in a scenario of a decision and of the lot after it.
import type { Decision } from '../decision.ts'
import { nextBid } from '../increments.ts'
import type { Lot } from '../lot.ts'

const timeFields = new Set(['closedAt', 'opensAt', 'until', 'endsAt'])

/** The true phrases after `decisions`, the last of which is the step's own. */
export function truePhrases(decisions: readonly Decision[], lot: Lot | undefined): string[] {
  const decision = decisions.at(-1)
  return [
    ...(decision === undefined ? [] : ofDecision(decision)),
    ...decisions.flatMap(ofEvents),
    ...(lot === undefined ? [] : ofLot(lot)),
  ]
}

function ofDecision(decision: Decision): string[] {
  if (decision.type === 'dropped') return ['dropped']
  const { reply } = decision
  const phrases: string[] = [reply.outcome, decision.type]
  if (reply.outcome === 'refused') {
    phrases.push(reply.code)
    for (const [field, value] of Object.entries(reply)) {
      phrases.push(`${field} ${timeFields.has(field) ? seconds(Number(value)) : String(value)}`)
    }
  }
  if (reply.outcome === 'accepted' && 'leading' in reply) {
    phrases.push(reply.leading ? 'leading' : 'not leading', `yourMax ${reply.yourMax}`)
    if (reply.appliedAmount !== undefined) phrases.push(`applied ${reply.appliedAmount}`)
  }
  return phrases
}

function ofEvents(decision: Decision): string[] {
  if (decision.type !== 'decided') return []
  if (decision.events.length === 0) return ['no event']
  const types = decision.events.map(({ type }) => type)
  const outbid = decision.events.flatMap(({ concerned }) => concerned.outbid ?? [])
  return [
    ...types,
    ...(types.length === 1 ? [`only ${types[0]}`] : []),
    ...outbid.map((bidder) => `${bidder} outbid`),
    ...(outbid.length === 0 ? ['nobody outbid'] : []),
  ]
}

function ofLot({ rules, now }: Lot): string[] {
  const { result } = now
  return [
    `state ${now.state}`,
    now.leaderId === null ? 'nobody leads' : `${now.leaderId} leads at ${now.price}`,
    now.leaderAliasNo === null ? 'no alias leads' : `Bidder ${now.leaderAliasNo} leads`,
    `next ${nextBid(rules.increments, rules.terms.startPrice, now.price)}`,
    now.reserveMet ? 'reserve met' : 'reserve not met',
    `ends ${seconds(now.endsAtMs)}`,
    `ends ${clock(now.endsAtMs)}`,
    `extensions ${now.extensions}`,
    `bids ${now.bidCount}`,
    `bidders ${now.bidderCount}`,
    `seq ${now.seq}`,
    `decision ${now.decisionNo}`,
    ...(result === null ? [] : [[result.outcome, result.reason].filter(Boolean).join(' ')]),
    ...(result?.outcome === 'sold' ? [`sold to ${now.leaderId} at ${result.price}`] : []),
  ]
}

const seconds = (ms: number): string => String(ms / 1_000)

/** `6:34`, as the published examples of soft close tell the time. */
function clock(ms: number): string {
  const minutes = Math.floor(ms / 60_000)
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}`
}
