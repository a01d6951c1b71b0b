import { expect, test } from 'vitest'
import type { LiveView, StoredDecision } from '../../history/lot-entries.ts'
import type { BidAccepted, LotEventType } from '../../protocol/auction.ts'
import { BidderNotices, type StoredNotice } from './bidder-notices.ts'

const lotId = '01890000-0000-7000-8000-000000000001'

interface Decided {
  readonly by?: string
  readonly asked: StoredDecision['asked']
  readonly yourMax?: number
  readonly type?: LotEventType
  readonly result?: LiveView['result']
}

const bid = (by: string, amount: number): Decided => ({
  by,
  asked: { type: 'place_bid', kind: 'proxy', amount },
  yourMax: amount,
})
const retraction = (by: string, leftMax: number): Decided => ({
  by,
  asked: { type: 'retract_bid' },
  yourMax: leftMax,
  type: 'bid_retracted',
})
const closing = (outcome: 'sold' | 'unsold'): Decided => ({
  asked: { type: 'close_lot' },
  type: 'lot_closed',
  result: { outcome, at: 0 },
})

/** What is found of a lot to which this happened, one event with each decision. */
function judged(history: readonly Decided[], stored: readonly StoredNotice[]) {
  const notices = new BidderNotices()
  notices.notified(lotId, stored)
  for (const [at, { by, asked, yourMax, type = 'bid_accepted', result }] of history.entries()) {
    const seq = at + 1
    const view = { seq, ...(result === undefined ? {} : { result }) } as LiveView
    const reply = { outcome: 'accepted', seq, ...(yourMax === undefined ? {} : { yourMax }) }
    notices.decided({
      lotId,
      decisionNo: seq,
      epoch: 1,
      actorId: by,
      commandId: String(seq),
      asked,
      admittedAtMs: 0,
      reply: reply as BidAccepted,
      events: [{ seq, epoch: 1, type, view }],
    })
  }
  notices.ended()
  const { violations } = notices.findings
  return {
    due: notices.due,
    found: violations.map(({ rule, evidence }) => [rule, evidence['userId']]),
  }
}

const outbid = (userId: string, seq: number): StoredNotice => ({ userId, type: 'outbid', seq })

test('whoever stands outbid at last has to be told of the event that did it', () => {
  const history = [bid('ann', 10), bid('bob', 20), bid('cat', 15)]
  expect(judged(history, [outbid('ann', 2), outbid('cat', 3)])).toEqual({ due: 2, found: [] })
  expect(judged(history, [outbid('ann', 2)]).found).toEqual([['unnotified', 'cat']])
  expect(judged(history, [outbid('cat', 3)]).found).toEqual([['unnotified', 'ann']])
})

test('of what was answered by a newer bid a stretch may say nothing, or anything that was so', () => {
  const history = [bid('ann', 10), bid('bob', 20), bid('ann', 30), bid('bob', 40), bid('ann', 35)]
  const last = [outbid('ann', 5)]
  expect(judged(history, last)).toEqual({ due: 1, found: [] })
  const told = [outbid('ann', 2), outbid('bob', 3), outbid('ann', 4), ...last]
  expect(judged(history, told).found).toEqual([])
  expect(judged(history, [outbid('ann', 4)]).found).toEqual([['unnotified', 'ann']])
})

test('nobody is told to be outbid who was not, and by no other event', () => {
  const history = [bid('ann', 10), bid('bob', 20)]
  const right = outbid('ann', 2)
  for (const wrong of [outbid('bob', 2), outbid('ann', 1), outbid('eve', 2)]) {
    expect(judged(history, [right, wrong]).found).toEqual([['notified_otherwise', wrong.userId]])
  }
})

test('who is put in the lead again, or took bids back, is owed nothing', () => {
  const history = [bid('ann', 10), bid('bob', 20), retraction('bob', 0)]
  expect(judged(history, [])).toEqual({ due: 0, found: [] })
  expect(judged(history, [outbid('ann', 2)]).found).toEqual([])
  expect(judged([...history, bid('cat', 30)], []).found).toEqual([['unnotified', 'ann']])
})

test('raising one’s own maximum outbids nobody, and who meets it is outbid', () => {
  const history = [bid('ann', 10), bid('ann', 50), bid('bob', 50)]
  expect(judged(history, [outbid('bob', 3)])).toEqual({ due: 1, found: [] })
})

test('the end is told to everybody with a bid that stands, whatever went before it', () => {
  const history = [bid('ann', 10), bid('bob', 20), bid('cat', 5), retraction('cat', 0)]
  const sold: StoredNotice[] = [
    { userId: 'bob', type: 'lot_won', seq: 5 },
    { userId: 'bob', type: 'order_created', seq: 5 },
    { userId: 'ann', type: 'lot_lost', seq: 5 },
  ]
  expect(judged([...history, closing('sold')], sold)).toEqual({ due: 3, found: [] })
  for (const missing of sold) {
    const stored = sold.filter((notice) => notice !== missing)
    const { found } = judged([...history, closing('sold')], stored)
    expect(found).toEqual([['unnotified', missing.userId]])
  }
  const unsold = ['ann', 'bob'].map((userId) => ({ userId, type: 'lot_lost', seq: 5 }) as const)
  expect(judged([...history, closing('unsold')], unsold)).toEqual({ due: 2, found: [] })
})
