// From rows back to what the core knows.
import type { Increments, LotResult, LotState, LotTerms } from '../../protocol/auction.ts'
import type { EngineReply } from '../../protocol/engine.ts'
import type { Role } from '../../protocol/identity.ts'
import type { Answered, LotCommand } from '../core/decision.ts'
import { fingerprintOf } from '../core/fingerprint.ts'
import type { LotNow, LotRules, Standings } from '../core/lot.ts'
import { type StandingRow, standingsFromRows } from '../core/standings.ts'
import type { StoredLot } from '../ports/lot-journal.ts'

/** A row of `lots` joined with its row of `lots_hot`. */
export interface LotRow {
  readonly lot_id: string
  readonly seller_id: string
  readonly terms: LotTerms
  readonly increments: Increments
  readonly rules_hash: Buffer
  readonly hash: Buffer
  readonly state: LotState
  readonly round: number
  readonly seq: number
  readonly decision_no: number
  readonly price: number | null
  readonly leader_id: string | null
  readonly leader_alias_no: number | null
  readonly reserve_met: boolean
  readonly bid_count: number
  readonly bidder_count: number
  readonly starts_at_ms: number
  readonly ends_at_ms: number
  readonly original_ends_at_ms: number
  readonly extensions: number
  readonly admitted_at_ms: number
  readonly result: LotResult | null
}

/** A row of `lot_decisions` that changed a standing. */
export interface StandingColumns {
  readonly lot_id: string
  readonly actor_id: string
  readonly command: 'place_bid' | 'retract_bid'
  readonly command_id: string
  readonly admitted_at_ms: number
  readonly standing_max: number
  readonly standing_rank: number
  readonly standing_floor: number
  readonly alias_no: number
}

/** What a row of `lot_decisions` says of the command and its answer. */
export interface DecisionColumns {
  readonly lot_id: string
  readonly actor_id: string
  readonly command_id: string
  readonly command: LotCommand['type']
  readonly input: { readonly roles?: readonly Role[] } & Record<string, unknown>
  readonly reply: EngineReply
}

/** `standings` in order of decision. */
export function lotFromRows(row: LotRow, standings: readonly StandingColumns[]): StoredLot {
  const rules: LotRules = {
    lotId: row.lot_id,
    sellerId: row.seller_id,
    terms: row.terms,
    increments: row.increments,
  }
  return {
    lot: { rules, now: nowFrom(row), standings: standingsFrom(rules, standings) },
    rulesHash: row.rules_hash,
    hash: row.hash,
  }
}

function nowFrom(row: LotRow): LotNow {
  return {
    state: row.state,
    round: row.round,
    seq: row.seq,
    decisionNo: row.decision_no,
    price: row.price,
    leaderId: row.leader_id,
    leaderAliasNo: row.leader_alias_no,
    reserveMet: row.reserve_met,
    bidCount: row.bid_count,
    bidderCount: row.bidder_count,
    startsAtMs: row.starts_at_ms,
    endsAtMs: row.ends_at_ms,
    originalEndsAtMs: row.original_ends_at_ms,
    extensions: row.extensions,
    admittedAtMs: row.admitted_at_ms,
    result: row.result,
  }
}

function standingsFrom(rules: LotRules, rows: readonly StandingColumns[]): Standings {
  const standingRows = rows.map(
    (row): StandingRow => ({
      bidderId: row.actor_id,
      command: row.command,
      commandId: row.command_id,
      admittedAtMs: row.admitted_at_ms,
      max: row.standing_max,
      rank: row.standing_rank,
      floor: row.standing_floor,
      aliasNo: row.alias_no,
    }),
  )
  return standingsFromRows(rules, standingRows)
}

/** The command as it was decided. */
export function commandFrom(row: DecisionColumns): LotCommand {
  const { roles, ...input } = row.input
  const command =
    roles === undefined
      ? { ...input, type: row.command, lotId: row.lot_id }
      : {
          ...input,
          type: row.command,
          lotId: row.lot_id,
          commandId: row.command_id,
          actor: { userId: row.actor_id, roles },
        }
  return command as LotCommand
}

export function answeredFrom(row: DecisionColumns): Answered {
  return { fingerprint: fingerprintOf(commandFrom(row)), reply: row.reply }
}
