// Who may do what with a lot, apart from the lot's state.
import type { EngineCommand } from '../../protocol/engine.ts'
import type { Actor, Role } from '../../protocol/identity.ts'
import type { Lot } from './lot.ts'

const has = (actor: Actor, role: Role): boolean => actor.roles.includes(role)

const isSellerOrService = (lot: Lot, actor: Actor): boolean =>
  actor.userId === lot.rules.sellerId || has(actor, 'service')

/** Whether the actor may sell at all; whoever creates a lot is its seller. */
export function mayCreate(actor: Actor): boolean {
  return has(actor, 'seller') || has(actor, 'service')
}

/** A lot without a public event was never shown: to all but its seller and services it does not exist. */
export function maySee(lot: Lot, actor: Actor): boolean {
  return lot.now.seq > 0 || isSellerOrService(lot, actor)
}

/** Whether the actor's part in the lot allows the command, whatever the lot's state. */
export function mayDo(lot: Lot, command: EngineCommand): boolean {
  switch (command.type) {
    case 'place_bid':
    case 'retract_bid':
      // That a seller is no bidder is a rule of its own, checked after state and currency.
      return true
    case 'cancel_lot':
      return has(command.actor, 'service') || has(command.actor, 'admin')
    case 'create_lot':
    case 'update_lot':
    case 'publish_lot':
    case 'withdraw_lot':
      return isSellerOrService(lot, command.actor)
  }
}
