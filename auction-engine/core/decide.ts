// The one place where it is decided what a command does to a lot. Pure and total: the same lot,
// command and instant always give the same decision, and whatever passed the protocol's schemas gets
// one. The checks stand in a fixed order, so a command with two faults always hears of the same one.
import type { EngineCommand, EngineReply } from '../../protocol/engine.ts'
import { amountFault } from '../../protocol/money.ts'
import { placeBid, retractBid } from './bid.ts'
import {
  type Answered,
  type Decided,
  type Decision,
  isOfTime,
  type LotCommand,
  type TimeCommand,
} from './decision.ts'
import { extendLot } from './failover.ts'
import { differingFields, fingerprintOf } from './fingerprint.ts'
import { cancelLot, closeLot, createLot, openLot, publishLot, withdrawLot } from './life-cycle.ts'
import type { Lot } from './lot.ts'
import { mayCreate, mayDo, maySee } from './permissions.ts'
import { type Asked, refused, unrecorded } from './record.ts'
import { stateAt, verdictOn } from './transitions.ts'
import { updateLot } from './update.ts'

/**
 * Decides `command` on `lot` (undefined where there is none yet). `admittedAtMs` is when the command
 * entered the lot's queue on the owner's clock; where that clock has stepped back, the newest instant
 * the lot has seen counts instead. `earlier` is the decision of the same actor and command id, if any.
 */
export function decide(
  lot: Lot | undefined,
  command: LotCommand,
  admittedAtMs: number,
  earlier: Answered | undefined,
): Decision {
  const atMs = Math.max(admittedAtMs, lot?.now.admittedAtMs ?? 0)
  if (isOfTime(command)) {
    return (lot === undefined ? undefined : onTime({ lot, command, atMs })) ?? { type: 'dropped' }
  }
  if (command.type === 'place_bid') {
    const reason = amountFault(command.amount)
    if (reason !== undefined) return unrecorded(command, 'amount_invalid', atMs, { reason })
  }
  if (earlier !== undefined) return again(command, atMs, earlier)
  if (lot === undefined) return onNoLot(command, atMs)
  if (!maySee(lot, command.actor)) return unrecorded(command, 'lot_not_found', atMs)
  return onLot({ lot, command, atMs })
}

/** A repeat hears the first answer, word for word, unless it says something else under the same id. */
function again(command: EngineCommand, atMs: number, earlier: Answered): Decision {
  const fingerprint = fingerprintOf(command)
  if (fingerprint === earlier.fingerprint) {
    return { type: 'replayed', reply: asRepeat(earlier.reply) }
  }
  const fields = differingFields(fingerprint, earlier.fingerprint)
  return unrecorded(command, 'idempotency_mismatch', atMs, { fields })
}

/** A decision was made, so its answer is never "unknown"; should a store say so, it is passed on as it is. */
function asRepeat(reply: EngineReply): EngineReply {
  return reply.outcome === 'unknown' ? reply : { ...reply, replayed: true }
}

function onNoLot(command: EngineCommand, atMs: number): Decision {
  if (command.type !== 'create_lot') return unrecorded(command, 'lot_not_found', atMs)
  if (!mayCreate(command.actor)) return unrecorded(command, 'not_permitted', atMs)
  return createLot(command, atMs)
}

function onLot(asked: Asked<EngineCommand>): Decided {
  const { lot, command, atMs } = asked
  if (!mayDo(lot, command)) return refused(asked, 'not_permitted')
  const state = stateAt(lot.now, atMs)
  const verdict = verdictOn(state, command.type)
  switch (verdict) {
    case 'allowed':
      return carryOut(asked)
    case 'lot_not_open':
      return refused(asked, verdict, { state, opensAt: lot.now.startsAtMs })
    case 'lot_closed':
      return refused(asked, verdict, {
        closedAt: lot.now.result?.at ?? lot.now.endsAtMs,
        result: state,
      })
    // Only commands of time are dropped; the table's type can not say so.
    case 'dropped':
    case 'lot_state':
      return refused(asked, 'lot_state', { state })
  }
}

function carryOut({ lot, command, atMs }: Asked<EngineCommand>): Decided {
  switch (command.type) {
    case 'place_bid':
      return placeBid({ lot, command, atMs })
    case 'retract_bid':
      return retractBid({ lot, command, atMs })
    case 'update_lot':
      return updateLot({ lot, command, atMs })
    case 'publish_lot':
      return publishLot({ lot, command, atMs })
    case 'withdraw_lot':
      return withdrawLot({ lot, command, atMs })
    case 'cancel_lot':
      return cancelLot({ lot, command, atMs })
    // A lot is created once; the table allows it in no state.
    case 'create_lot':
      return refused({ lot, command, atMs }, 'lot_state', { state: lot.now.state })
  }
}

/** What time does to a lot; undefined where it has been overtaken. */
function onTime({ lot, command, atMs }: Asked<TimeCommand>): Decided | undefined {
  if (verdictOn(lot.now.state, command.type) !== 'allowed') return undefined
  switch (command.type) {
    case 'open_lot':
      return openLot({ lot, command, atMs })
    case 'close_lot':
      return closeLot({ lot, command, atMs })
    case 'extend_lot':
      return extendLot({ lot, command, atMs })
  }
}
