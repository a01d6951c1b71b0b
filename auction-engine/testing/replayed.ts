// I17: where the stored decisions of a lot lead to, decided again from the first.
import { expect } from 'vitest'
import type { Pool } from '../../platform/postgres/pool.ts'
import { commandFrom, type DecisionColumns } from '../adapters/stored-rows.ts'
import { decide } from '../core/decide.ts'
import { evolve } from '../core/evolve.ts'
import type { Lot } from '../core/lot.ts'

/** Fails the test where a decision comes out otherwise than it is stored. */
export async function replayed(pool: Pool, lotId: string): Promise<Lot | undefined> {
  const { rows } = await pool.query<DecisionColumns & { admitted_at_ms: number }>(
    `SELECT lot_id, actor_id, command_id, command, input, reply, admitted_at_ms
       FROM lot_answers WHERE lot_id = $1 ORDER BY decision_no`,
    [lotId],
  )
  let lot: Lot | undefined
  for (const row of rows) {
    const decision = decide(lot, commandFrom(row), row.admitted_at_ms, undefined)
    if (decision.type !== 'decided') throw new Error(`replayed as ${decision.type}`)
    expect(decision.reply).toEqual(row.reply)
    lot = evolve(lot, decision)
  }
  return lot
}
