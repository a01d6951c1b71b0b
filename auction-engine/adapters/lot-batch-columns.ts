// The columns of `commit_lot_batch` (sql/000006): what each is called, of what type, and what goes in.
// The three tables stand in the order of the function's parameters.

import { ColumnFamily, type Columns } from '../../platform/postgres/column-family.ts'
import { type Decided, isOfTime } from '../core/decision.ts'
import { livePart, publicPart } from '../core/visibility.ts'
import type { LotBatch, LotChange, SealedEvent } from '../ports/lot-journal.ts'

interface DecisionRow {
  readonly change: LotChange
  readonly decided: Decided
}

interface EventRow {
  readonly change: LotChange
  readonly sealed: SealedEvent
}

/** Who acts where time does. No user has such an id, and each end of a lot is decided once. */
const timeActor = '#time'

const hot: Columns<LotChange> = [
  ['uuid', ({ lotId }) => lotId],
  ['smallint', ({ shard }) => shard],
  ['bigint', ({ epoch }) => epoch],
  ['bigint', ({ before }) => before.seq],
  ['bigint', ({ before }) => before.decisionNo],
  ['bigint', ({ after }) => after.lot.now.seq],
  ['bigint', ({ after }) => after.lot.now.decisionNo],
  ['bytea', ({ after }) => after.hash],
  ['text', ({ after }) => after.lot.now.state],
  ['integer', ({ after }) => after.lot.now.round],
  ['bigint', ({ after }) => after.lot.now.price],
  ['text', ({ after }) => after.lot.now.leaderId],
  ['integer', ({ after }) => after.lot.now.leaderAliasNo],
  ['boolean', ({ after }) => after.lot.now.reserveMet],
  ['bigint', ({ after }) => after.lot.now.bidCount],
  ['bigint', ({ after }) => after.lot.now.bidderCount],
  ['bigint', ({ after }) => after.lot.now.startsAtMs],
  ['bigint', ({ after }) => after.lot.now.endsAtMs],
  ['bigint', ({ after }) => after.lot.now.originalEndsAtMs],
  ['integer', ({ after }) => after.lot.now.extensions],
  ['bigint', ({ after }) => after.lot.now.admittedAtMs],
  ['jsonb', ({ after }) => jsonOrNull(after.lot.now.result)],
  ['jsonb', (change) => liveOf(change)],
]

const rules: Columns<LotChange> = [
  ['uuid', ({ lotId }) => lotId],
  ['smallint', ({ shard }) => shard],
  ['text', ({ after }) => after.lot.rules.sellerId],
  ['jsonb', ({ after }) => JSON.stringify(after.lot.rules.terms)],
  ['jsonb', ({ after }) => JSON.stringify(after.lot.rules.increments)],
  ['jsonb', ({ after }) => JSON.stringify(publicPart(after.lot.rules))],
  ['bytea', ({ after }) => after.rulesHash],
]

const decisions: Columns<DecisionRow> = [
  ['uuid', ({ change }) => change.lotId],
  ['bigint', ({ decided }) => decided.now.decisionNo],
  ['bigint', ({ change }) => change.epoch],
  ['integer', ({ decided }) => decided.now.round],
  ['text', ({ decided }) => actorOf(decided)],
  ['text', ({ decided }) => commandIdOf(decided)],
  ['text', ({ decided }) => decided.command.type],
  ['json', ({ decided }) => inputOf(decided)],
  ['text', ({ decided: { reply } }) => (reply.outcome === 'refused' ? reply.code : reply.outcome)],
  ['bigint', ({ decided }) => decided.admittedAtMs],
  ['bigint', ({ decided }) => decided.now.seq],
  ['json', ({ decided }) => replyOf(decided)],
  ['bigint', ({ decided }) => decided.standing?.standing.max ?? null],
  ['bigint', ({ decided }) => decided.standing?.standing.rank ?? null],
  ['bigint', ({ decided }) => decided.standing?.standing.floor ?? null],
  ['integer', ({ decided }) => decided.standing?.standing.aliasNo ?? null],
]

const sealedEvents: Columns<EventRow> = [
  ['uuid', ({ change }) => change.lotId],
  ['bigint', ({ sealed }) => sealed.event.seq],
  ['bigint', ({ change }) => change.epoch],
  ['integer', ({ sealed }) => sealed.event.now.round],
  ['text', ({ sealed }) => sealed.event.type],
  ['bigint', ({ sealed }) => sealed.event.atMs],
  ['text', ({ sealed }) => sealed.live],
  ['text', ({ sealed }) => sealed.detail],
  ['text', ({ sealed }) => sealed.private],
  ['bytea', ({ sealed }) => sealed.hash],
]

/** The call, with as many placeholders as there are parameters. */
export const commitStatement = `SELECT status, outbox_id FROM commit_lot_batch(${placeholders()})`

function placeholders(): string {
  const count = 2 + hot.length + rules.length + decisions.length + sealedEvents.length
  return Array.from({ length: count }, (_, at) => `$${at + 1}`).join(', ')
}

/** Turns batches into parameters. The bytes of the last batch are overwritten by the next. */
export class LotBatchColumns {
  readonly #hot = new ColumnFamily(hot)
  readonly #rules = new ColumnFamily(rules)
  readonly #decisions = new ColumnFamily(decisions)
  readonly #events = new ColumnFamily(sealedEvents)

  parametersOf(batch: LotBatch): unknown[] {
    const families = [this.#hot, this.#rules, this.#decisions, this.#events]
    for (const family of families) family.clear()
    for (const change of batch.lots) {
      this.#hot.push(change)
      if (change.rulesChanged) this.#rules.push(change)
      for (const decided of change.decided) this.#decisions.push({ change, decided })
      for (const sealed of change.events) this.#events.push({ change, sealed })
    }
    return [batch.batchId, batch.atMs, ...families.flatMap((family) => family.encoded())]
  }
}

function actorOf({ command }: Decided): string {
  return isOfTime(command) ? timeActor : command.actor.userId
}

/** Time acts once per end: a lot that closed can not be closed again, whatever a program believes. */
function commandIdOf({ command, now }: Decided): string {
  if (!isOfTime(command)) return command.commandId
  const once = `${command.type} in round ${now.round}`
  return command.type === 'extend_lot' ? `${once} to ${now.endsAtMs}` : once
}

/** The command without what the other columns say; `commandFrom` in stored-rows.ts is the way back. */
function inputOf({ command }: Decided): string {
  if (isOfTime(command)) {
    const { lotId: _lotId, type: _type, ...input } = command
    return JSON.stringify(input)
  }
  const { lotId: _lotId, type: _type, commandId: _commandId, actor, ...input } = command
  return JSON.stringify({ ...input, roles: actor.roles })
}

/** The view `lot_answers` puts together what is left out here. */
function replyOf({ command, reply, events }: Decided): string | null {
  const isPlain =
    command.type === 'place_bid' && reply.outcome === 'accepted' && !('appliedAmount' in reply)
  return isPlain && events.length > 0 ? null : JSON.stringify(reply)
}

/** As of the newest event, which holds it as a text already; a draft has none. */
function liveOf({ events, after: { lot } }: LotChange): string {
  return events.at(-1)?.live ?? JSON.stringify(livePart(lot.now, lot.rules))
}

function jsonOrNull(value: object | null): string | null {
  return value === null ? null : JSON.stringify(value)
}
