// What a lot is after a decision. Everything was decided already; here it only takes effect.
import type { Decided } from './decision.ts'
import type { Lot } from './lot.ts'
import { noStandings } from './standings.ts'

/**
 * The lot after `decided`, which must have been decided on `lot` (undefined for its creation). `lot`
 * itself stays as it was: whoever holds it can go back to it when the commit fails.
 */
export function evolve(lot: Lot | undefined, decided: Decided): Lot {
  const rules = decided.rules ?? lot?.rules
  if (rules === undefined) throw new Error('the first decision of a lot must bring its rules')
  const before = lot?.standings ?? noStandings()
  const change = decided.standing
  const standings = change === undefined ? before : before.with(change.bidderId, change.standing)
  return { rules, now: decided.now, standings }
}
