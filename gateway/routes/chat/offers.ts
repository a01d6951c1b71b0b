// Offers: made as messages, answered as what they are.
import { assert } from '../../../platform/assert.ts'
import { uuidv7 } from '../../../platform/ids.ts'
import type { MakeOffer } from '../../../protocol/chat-requests.ts'
import type { OfferContent } from '../../../protocol/chat-store.ts'
import { amountFault } from '../../../protocol/money.ts'
import type { Caller } from '../../ports/desk.ts'
import type { MethodHandlers, MethodResult } from '../method.ts'
import { type ChatCommandOptions, chatRefused, command } from './commands.ts'

export function offerRoutes(options: ChatCommandOptions): MethodHandlers<'chat.offer'> {
  return { 'chat.offer': async (caller, params) => await bargain(options, caller, params) }
}

async function bargain(
  options: ChatCommandOptions,
  caller: Caller,
  params: MakeOffer,
): Promise<MethodResult> {
  const { conversationId, clientMessageId } = params
  const names = { conversationId, clientMessageId }
  const order = orderOf(params)
  if ('fault' in order) {
    const about = { ...names, serverTime: options.clock.nowMs() }
    return chatRefused('amount_invalid', about, { reason: order.fault })
  }
  return await command(options, caller, 'chat.offer', names, 'as_message', order)
}

/** Making an offer is sending a message of that kind, so that both ways to do it are one command. */
function orderOf(params: MakeOffer) {
  const { action, clientMessageId } = params
  if (action === 'accept' || action === 'decline' || action === 'withdraw') {
    return { type: `${action}_offer`, clientMessageId, offerId: offerMeant(params) } as const
  }
  const offer = offerTerms(params)
  if ('fault' in offer) return offer
  const ids = { messageId: uuidv7(), clientMessageId }
  if (action === 'counter') {
    return { type: 'counter_offer', ...ids, offerId: offerMeant(params), offer } as const
  }
  return { type: 'send_message', ...ids, content: { kind: 'offer', offer } } as const
}

/** The schema asks for it with every action but `make`. */
function offerMeant({ offerId }: MakeOffer): string {
  assert(offerId !== undefined, 'what is done to an offer names it')
  return offerId
}

function offerTerms({
  amount,
  currency,
  expiresAt,
}: MakeOffer): OfferContent | { readonly fault: string } {
  // The schema asks for all three with `make` and `counter`.
  assert(
    amount !== undefined && currency !== undefined && expiresAt !== undefined,
    'an offer that is made has its terms',
  )
  const fault = amountFault(amount)
  return fault === undefined ? { amount, currency, expiresAt } : { fault }
}
