// Opening a conversation: the same one each time, whoever of the two asks, and however often.
import { uuidv5 } from '../../../platform/ids.ts'
import type { ConversationView } from '../../../protocol/chat.ts'
import type { OpenConversation } from '../../../protocol/chat-requests.ts'
import type { ConversationTerms } from '../../../protocol/chat-store.ts'
import type { Actor } from '../../../protocol/identity.ts'
import type { ChatBook } from '../../ports/chat-book.ts'
import type { Caller } from '../../ports/desk.ts'
import type { LotBook } from '../../ports/lot-book.ts'
import { forbidden } from '../authorization.ts'
import { type MethodResult, permitted, refused } from '../method.ts'
import { visibleLot } from '../visible-lot.ts'
import { type ChatCommandOptions, chatRefused } from './commands.ts'

export interface OpenOptions extends ChatCommandOptions {
  readonly chatBook: ChatBook
  readonly book: LotBook
}

export async function openConversation(
  options: OpenOptions,
  caller: Caller,
  params: OpenConversation,
): Promise<MethodResult> {
  const right = permitted('chat.open', caller)
  if ('denied' in right) return right.denied
  const forOthers = params.kind !== 'room' && params.peerId === undefined
  if (forOthers) {
    const error = forbidden('chat.open_for_others', caller.identity)
    if (error !== undefined) return { kind: 'error', error }
  }
  const terms = await termsOf(options, caller, right.actor, params)
  if ('denied' in terms) return terms.denied
  const conversationId = idOf(terms)
  // One that is there stands as it was made: the store has nothing to decide.
  if ((await options.chatBook.card(conversationId)) === undefined) {
    // The marketplace opens for all of its users.
    const held = forOthers ? undefined : await heldBack(options, right.actor, terms)
    if (held !== undefined) return held
    const outcome = await options.chatStore.submit({
      type: 'open_conversation',
      conversationId,
      actor: right.actor,
      terms,
    })
    if (outcome.outcome !== 'accepted') return { kind: 'outcome', outcome }
  }
  const view = await viewFor(options.chatBook, conversationId, right.actor.userId)
  return { kind: 'outcome', outcome: { ...view, outcome: 'accepted' } }
}

/** The conversation as the user sees it; whoever opened it for others sees what everybody in it sees. */
async function viewFor(
  book: ChatBook,
  conversationId: string,
  userId: string,
): Promise<ConversationView> {
  const own = await book.conversation(conversationId, userId)
  const view = own ?? (await book.record(conversationId))?.conversation
  if (view === undefined) throw new Error('a conversation that was opened is not there')
  return view
}

/**
 * Made from what there can be only one conversation about. User ids hold no white space and come in order,
 * the marketplace's id of the subject comes last: no two conversations can be spelt alike.
 */
function idOf({ kind, subject, buyerId, sellerId }: ConversationTerms): string {
  const people = kind === 'room' ? [] : [buyerId ?? '', sellerId ?? ''].toSorted()
  return uuidv5(['conversation', kind, ...people, subject.type, subject.id].join(' '))
}

type Terms = ConversationTerms | { readonly denied: MethodResult }

/** What is opened, or why it can not be. */
async function termsOf(
  options: OpenOptions,
  caller: Caller,
  actor: Actor,
  params: OpenConversation,
): Promise<Terms> {
  const { kind, lotId, listingId, saleId, orderId } = params
  if (lotId !== undefined) return await termsAboutLot(options, caller, actor, { ...params, lotId })
  if (saleId !== undefined && kind === 'room') {
    return { kind, subject: { type: 'sale', id: saleId } }
  }
  const people = pairOf(actor, params)
  if (people === undefined) return peerInvalid(options)
  const subject =
    orderId === undefined
      ? ({ type: 'listing', id: listingId ?? '' } as const)
      : ({ type: 'order', id: orderId } as const)
  return { kind, subject, ...people }
}

/** About a lot the caller must be able to see it, and its seller is one of the two. */
async function termsAboutLot(
  options: OpenOptions,
  caller: Caller,
  actor: Actor,
  params: OpenConversation & { readonly lotId: string },
): Promise<Terms> {
  const { kind, lotId } = params
  const lot = await visibleLot(options.book, caller.identity, lotId)
  if (lot === undefined) {
    return { denied: refused('lot_not_found', { lotId, serverTime: options.clock.nowMs() }) }
  }
  const { sellerId } = lot
  const subject = { type: 'lot', id: lotId } as const
  if (kind === 'room') return { kind, subject, sellerId }
  const role = actor.userId === sellerId ? 'seller' : 'buyer'
  const people = pairOf(actor, { ...params, role })
  if (people?.sellerId !== sellerId) return peerInvalid(options)
  return { kind, subject, ...people }
}

/** The two people, or undefined where they are one. */
function pairOf(
  { userId }: Actor,
  { peerId, role, buyerId, sellerId }: OpenConversation,
): { readonly buyerId: string; readonly sellerId: string } | undefined {
  const own =
    role === 'buyer' ? { buyerId: userId, sellerId: peerId } : { buyerId: peerId, sellerId: userId }
  const pair = peerId === undefined ? { buyerId, sellerId } : own
  if (pair.buyerId === undefined || pair.sellerId === undefined) return undefined
  if (pair.buyerId === pair.sellerId) return undefined
  return { buyerId: pair.buyerId, sellerId: pair.sellerId }
}

function peerInvalid({ clock }: OpenOptions): { readonly denied: MethodResult } {
  return { denied: chatRefused('peer_invalid', { serverTime: clock.nowMs() }) }
}

/** Talking to somebody for the first time is limited; about one more thing to the same person is not. */
async function heldBack(
  { chatBook, limits, clock }: OpenOptions,
  { userId }: Actor,
  { kind, buyerId, sellerId }: ConversationTerms,
): Promise<MethodResult | undefined> {
  const peerId = userId === buyerId ? sellerId : buyerId
  const met = kind !== 'room' && peerId !== undefined && (await chatBook.haveMet(userId, peerId))
  if (met) return undefined
  const limit = 'conversationsOpenedPerUser'
  const rate = await limits.take(limit, userId)
  if (rate.allowed) return undefined
  const { retryAfterMs } = rate
  return { ...chatRefused('rate_limited', { serverTime: clock.nowMs() }, { retryAfterMs }), limit }
}
