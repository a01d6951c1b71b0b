// Lots: reading one, and what its seller and the house may do with it.

import type { Clock } from '../../platform/clock.ts'
import { uuidv5, uuidv7 } from '../../platform/ids.ts'
import type { EngineCommand, EngineReply } from '../../protocol/engine.ts'
import type { MethodName, MethodParams } from '../../protocol/methods.ts'
import type { AuctionHouse } from '../ports/auction-house.ts'
import type { Caller } from '../ports/desk.ts'
import type { LotBook } from '../ports/lot-book.ts'
import {
  type MethodHandlers,
  type MethodResult,
  permitted,
  refused,
  tokenNeeded,
} from './method.ts'
import { visibleLot } from './visible-lot.ts'

export interface LotRoutesOptions {
  readonly house: AuctionHouse
  readonly book: LotBook
  readonly clock: Clock
}

type LotMethod =
  | 'lot.get'
  | 'lot.create'
  | 'lot.publish'
  | 'lot.update'
  | 'lot.withdraw'
  | 'lot.cancel'

/** A command on a lot before it has its actor and its id. */
type Order = EngineCommand extends infer Command
  ? Command extends EngineCommand
    ? Omit<Command, 'actor' | 'commandId' | 'lotId'>
    : never
  : never

export function lotRoutes(options: LotRoutesOptions): MethodHandlers<LotMethod> {
  return {
    'lot.get': async (caller, params) => await getLot(options, caller, params),
    'lot.create': async (caller, params) => await createLot(options, caller, params),
    'lot.publish': async (caller, params) =>
      await command(options, 'lot.publish', caller, params, { type: 'publish_lot' }),
    'lot.update': async (caller, { commandId, lotId, ...changes }) =>
      await command(
        options,
        'lot.update',
        caller,
        { lotId, commandId },
        { type: 'update_lot', changes },
      ),
    'lot.withdraw': async (caller, params) =>
      await command(options, 'lot.withdraw', caller, params, {
        type: 'withdraw_lot',
        ...(params.reason === undefined ? {} : { reason: params.reason }),
      }),
    'lot.cancel': async (caller, params) =>
      await command(options, 'lot.cancel', caller, params, {
        type: 'cancel_lot',
        ...(params.reason === undefined ? {} : { reason: params.reason }),
      }),
  }
}

async function getLot(
  options: LotRoutesOptions,
  caller: Caller,
  { lotId }: MethodParams<'lot.get'>,
): Promise<MethodResult> {
  const { identity } = caller
  const [lot, you] = await Promise.all([
    visibleLot(options.book, identity, lotId),
    identity === undefined ? undefined : options.book.standing(lotId, identity.userId),
  ])
  if (lot === undefined) {
    return refused('lot_not_found', { lotId, serverTime: options.clock.nowMs() })
  }
  return { kind: 'data', data: you === undefined ? lot.view : { ...lot.view, you } }
}

async function createLot(
  options: LotRoutesOptions,
  caller: Caller,
  { commandId, ...terms }: MethodParams<'lot.create'>,
): Promise<MethodResult> {
  const right = permitted('lot.create', caller)
  if ('denied' in right) return right.denied
  const { actor } = right
  // A creation that is sent again must find the lot of the first time, so its id is made from who
  // created it and under which key. A user id holds no white space: the two parts can not run together.
  const lotId = commandId === undefined ? uuidv7() : uuidv5(`lot ${actor.userId} ${commandId}`)
  const outcome = await options.house.submit({
    type: 'create_lot',
    lotId,
    commandId: commandId ?? uuidv7(),
    actor,
    terms,
  })
  return { kind: 'outcome', outcome: withState(outcome) }
}

/** Brings a command on an existing lot to the engine, for those whom the table lets. */
async function command(
  options: LotRoutesOptions,
  method: MethodName,
  caller: Caller,
  { lotId, commandId }: { readonly lotId: string; readonly commandId?: string | undefined },
  order: Order,
): Promise<MethodResult> {
  // Who has no token is told so before anything is looked up: it learns nothing about the lot.
  if (caller.identity === undefined) return tokenNeeded
  const lot = await visibleLot(options.book, caller.identity, lotId)
  if (lot === undefined) {
    return refused('lot_not_found', { lotId, serverTime: options.clock.nowMs() })
  }
  const right = permitted(method, caller, { sellerId: lot.sellerId })
  if ('denied' in right) return right.denied
  const outcome = await options.house.submit({
    ...order,
    lotId,
    commandId: commandId ?? uuidv7(),
    actor: right.actor,
  })
  return { kind: 'outcome', outcome: withState(outcome) }
}

/** The state beside the lot, where whoever created or published it looks for it. */
function withState(reply: EngineReply): EngineReply & { readonly state?: string } {
  return 'lot' in reply ? { ...reply, state: reply.lot.state } : reply
}
