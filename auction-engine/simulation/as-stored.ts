// The engine's decisions and lots as the judge of histories reads them from a database.
import type { Asked, FinalLot, StoredDecision } from '../../history/lot-entries.ts'
import type { Decided, LotCommand } from '../core/decision.ts'
import type { Lot, LotRules } from '../core/lot.ts'
import { livePart } from '../core/visibility.ts'

export function asAsked(command: LotCommand): Asked {
  const { type } = command
  if (type === 'place_bid') return { type, kind: command.kind, amount: command.amount }
  if (type === 'extend_lot') return { type, awayFromMs: command.awayFromMs }
  return type === 'retract_bid' ? { type, clientBidId: command.clientBidId } : { type }
}

export function asStored(decided: Decided, rules: LotRules, epoch: number): StoredDecision {
  const { command, now, admittedAtMs, reply, events } = decided
  const isOfTime = !('actor' in command)
  return {
    lotId: command.lotId,
    decisionNo: now.decisionNo,
    epoch,
    actorId: isOfTime ? undefined : command.actor.userId,
    commandId: isOfTime ? command.type : command.commandId,
    asked: asAsked(command),
    admittedAtMs,
    reply,
    events: events.map((event) => ({
      seq: event.seq,
      epoch,
      type: event.type,
      view: livePart(event.now, rules),
    })),
  }
}

export function asFinal({ rules, now }: Lot): FinalLot {
  return { lotId: rules.lotId, decisionNo: now.decisionNo, view: livePart(now, rules) }
}
