import { array, assert, integer, nat, property, record } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bidsPerEventMax, WebhookPayload } from '../../../protocol/webhook-payloads.ts'
import type { WebhookType } from '../../../protocol/webhooks.ts'
import {
  conversationId,
  messageView,
  offerChanged,
  offered,
  orderId,
  receipt,
  sent,
  talk,
} from '../../testing/chat-words.ts'
import { bidEntry, entry, lotId, stretchOf } from '../../testing/lot-words.ts'
import type { Commit } from '../commit.ts'
import type { ConversationCommit, ConversationEntry } from '../conversation-commit.ts'
import type { LotCommit, LotEntry } from '../lot-commit.ts'
import { UnderivableError, type WebhookCause } from '../notice.ts'
import { deriveWebhooks as deriveRead, gatherBids } from './derive-webhooks.ts'
import { payloadData } from './payload.ts'

function lotCommit(entries: readonly LotEntry[], change: Partial<LotCommit> = {}): LotCommit {
  return {
    source: 'lot',
    aggregateId: lotId,
    fromSeq: entries[0]?.seq ?? 1,
    toSeq: entries.at(-1)?.seq ?? 1,
    entries,
    leaderBefore: null,
    bidders: [],
    ...change,
  }
}

function talkCommit(
  entries: readonly ConversationEntry[],
  conversation: ConversationCommit['conversation'] = talk(),
): ConversationCommit {
  return {
    source: 'conversation',
    aggregateId: conversationId,
    fromSeq: entries[0]?.seq ?? 1,
    toSeq: entries.at(-1)?.seq ?? 1,
    entries,
    conversation,
  }
}

const deriveWebhooks = (commit: Commit) =>
  deriveRead(commit.source === 'lot' ? stretchOf(commit) : commit)

const bid = (seq: number) => bidEntry(seq, { alias: 'Bidder 1', leader: 'Bidder 1' })
const extended = (seq: number) => entry('lot_extended', { seq })
const ended = (
  seq: number,
  outcome: 'sold' | 'unsold' | 'withdrawn' | 'cancelled',
  winner?: string,
) =>
  entry(
    outcome === 'withdrawn'
      ? 'lot_withdrawn'
      : outcome === 'cancelled'
        ? 'lot_cancelled'
        : 'lot_closed',
    { seq, state: outcome, result: { outcome, at: 90_000, ...(winner ? { price: 1_200 } : {}) } },
    winner === undefined ? {} : { winner },
  )

/** `type from–to (bids)` */
const told = (causes: readonly WebhookCause[]): string[] =>
  causes.map(({ type, fromSeq, toSeq, bids }) =>
    bids === 0 ? `${type} ${fromSeq}` : `${type} ${fromSeq}–${toSeq} (${bids})`,
  )

/** As an event of `cause` is put into words later: from its place in the same log. */
function wordsOf(commit: Commit, { type, fromSeq, toSeq }: WebhookCause): unknown {
  const isIn = ({ seq }: { readonly seq: number }) => seq >= fromSeq && seq <= toSeq
  const place: Commit =
    commit.source === 'lot'
      ? { ...commit, fromSeq, toSeq, entries: commit.entries.filter(isIn) }
      : { ...commit, fromSeq, toSeq, entries: commit.entries.filter(isIn) }
  return payloadData(type, place)
}

const asSent = (type: WebhookType, data: unknown) =>
  WebhookPayload.safeParse({ type, timestamp: '2030-01-01T00:00:00.000Z', data })

describe('of a lot', () => {
  test('bids that follow each other are one event, whatever stands between them', () => {
    const commit = lotCommit([bid(4), extended(5), bid(6), bid(7)])
    const causes = deriveWebhooks(commit)
    expect(told(causes)).toEqual(['bid.accepted 4–7 (3)'])
    const [words] = causes.map((cause) => wordsOf(commit, cause))
    expect(words).toMatchObject({
      lotId,
      bids: [{ seq: 4, alias: 'Bidder 1' }, { seq: 6 }, { seq: 7 }],
      lot: { seq: 7 },
    })
    expect(asSent('bid.accepted', words).error).toBeUndefined()
  })

  test('a sale is an order too, and names both', () => {
    const commit = lotCommit([bid(8), ended(9, 'sold', 'ann')], { sellerId: 'sam' })
    const causes = deriveWebhooks(commit)
    expect(told(causes)).toEqual(['bid.accepted 8–8 (1)', 'lot.sold 9', 'order.created 9'])
    const [, sold, order] = causes.map((cause) => wordsOf(commit, cause))
    expect(sold).toMatchObject({ buyerId: 'ann', sellerId: 'sam', lot: { state: 'sold' } })
    expect(order).toEqual({
      orderId: lotId,
      lotId,
      title: 'Palm Vx',
      buyerId: 'ann',
      sellerId: 'sam',
      amount: 1_200,
      currency: 'USD',
    })
    expect(asSent('lot.sold', sold).error).toBeUndefined()
    expect(asSent('order.created', order).error).toBeUndefined()
  })

  test.each([
    ['unsold', 'lot.unsold'],
    ['withdrawn', 'lot.cancelled'],
    ['cancelled', 'lot.cancelled'],
  ] as const)('%s is told as %s', (outcome, type) => {
    const commit = lotCommit([ended(3, outcome)], { sellerId: 'sam' })
    const causes = deriveWebhooks(commit)
    expect(told(causes)).toEqual([`${type} 3`])
    const data = causes.map((cause) => wordsOf(commit, cause))[0]
    expect(asSent(type, data).error).toBeUndefined()
    expect(data).not.toHaveProperty('buyerId')
  })

  test('what else happens is told nobody', () => {
    expect(deriveWebhooks(lotCommit([entry('lot_opened', { seq: 1 }), extended(2)]))).toEqual([])
  })

  test('with holes in its log is not told at all', () => {
    expect(() => deriveWebhooks(lotCommit([bid(4), bid(6)]))).toThrow(UnderivableError)
  })
})

describe('gathered bids', () => {
  const sizes = array(record({ lot: nat(3), bids: integer({ min: 1, max: 250 }) }), {
    maxLength: 40,
  })

  test('hold every bid once, in order, and never more than an event may', () => {
    assert(
      property(sizes, (commits) => {
        const heads = new Map<number, number>()
        const causes = commits.map(({ lot, bids }): WebhookCause => {
          const fromSeq = (heads.get(lot) ?? 0) + 1
          heads.set(lot, fromSeq + bids - 1)
          return {
            type: 'bid.accepted',
            source: 'lot',
            aggregateId: `lot ${lot}`,
            fromSeq,
            toSeq: fromSeq + bids - 1,
            atMs: fromSeq,
            bids,
          }
        })
        const gathered = gatherBids(causes)
        for (const [lot, head] of heads) {
          const ofLot = gathered.filter(({ aggregateId }) => aggregateId === `lot ${lot}`)
          expect(ofLot[0]?.fromSeq).toBe(1)
          expect(ofLot.at(-1)?.toSeq).toBe(head)
          for (const [at, { fromSeq, toSeq, bids }] of ofLot.entries()) {
            expect(bids).toBe(toSeq - fromSeq + 1)
            expect(bids).toBeLessThanOrEqual(bidsPerEventMax)
            if (at > 0) expect(fromSeq).toBe((ofLot[at - 1]?.toSeq ?? 0) + 1)
          }
        }
      }),
    )
  })
})

describe('of a conversation', () => {
  test('a message is told with its text and where it was said', () => {
    const commit = talkCommit([sent(3), receipt(4, 'sam')])
    const causes = deriveWebhooks(commit)
    expect(told(causes)).toEqual(['message.created 3'])
    const [data] = causes.map((cause) => wordsOf(commit, cause))
    expect(data).toEqual({
      conversation: {
        conversationId,
        kind: 'direct',
        listingId: 'lamp-7',
        buyerId: 'ann',
        sellerId: 'sam',
      },
      message: messageView(3),
    })
    expect(asSent('message.created', data).error).toBeUndefined()
  })

  test('I21: one that was deleted since is told without its words', () => {
    const commit = talkCommit([sent(3, { text: '', deleted: true })])
    const [data] = deriveWebhooks(commit).map((cause) => wordsOf(commit, cause))
    expect(data).toMatchObject({ message: { deleted: true, text: '' } })
  })

  test('a room tells its messages where they were read', () => {
    const { buyerId: _, ...room } = talk({ kind: 'room', subject: { type: 'lot', id: lotId } })
    const commit = talkCommit([sent(3)], room)
    const [data] = deriveWebhooks(commit).map((cause) => wordsOf(commit, cause))
    expect(data).toMatchObject({ conversation: { kind: 'room', lotId } })
    expect(deriveWebhooks(talkCommit([], room))).toEqual([])
  })

  test('an accepted offer is told as such and as an order, every other change not at all', () => {
    const commit = talkCommit([
      offered(3),
      offerChanged(4, 3, 'sam', { state: 'accepted', orderId }),
    ])
    const causes = deriveWebhooks(commit)
    expect(told(causes)).toEqual(['message.created 3', 'offer.accepted 4', 'order.created 4'])
    const [, accepted, order] = causes.map((cause) => wordsOf(commit, cause))
    expect(accepted).toMatchObject({ seq: 4, acceptedBy: 'sam', offer: { state: 'accepted' } })
    expect(order).toEqual({
      orderId,
      listingId: 'lamp-7',
      conversationId,
      buyerId: 'ann',
      sellerId: 'sam',
      amount: 5_000,
      currency: 'USD',
    })
    expect(asSent('offer.accepted', accepted).error).toBeUndefined()
    expect(asSent('order.created', order).error).toBeUndefined()
    const declined = talkCommit([offerChanged(4, 3, 'sam', { state: 'declined' })])
    expect(deriveWebhooks(declined)).toEqual([])
  })

  test('what retention has taken is not told, and not put into words later', () => {
    const { message: _, ...without } = sent(3)
    expect(deriveWebhooks(talkCommit([without]))).toEqual([])
    expect(payloadData('message.created', talkCommit([without]))).toBeUndefined()
    expect(payloadData('message.created', talkCommit([]))).toBeUndefined()
    expect(payloadData('bid.accepted', lotCommit([]))).toBeUndefined()
  })
})
