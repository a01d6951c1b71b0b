import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bidEntry, entry, lotId, stretchOf } from '../testing/lot-words.ts'
import { deriveLot as deriveStretch } from './derive-lot.ts'
import type { LotCommit, LotEntry } from './lot-commit.ts'
import { UnderivableError } from './notice.ts'

const [ANN, BOB, CARL] = ['Bidder 1', 'Bidder 2', 'Bidder 3'] as const

function commit(entries: readonly LotEntry[], change: Partial<LotCommit> = {}): LotCommit {
  const fromSeq = entries[0]?.seq ?? 1
  const toSeq = fromSeq + entries.length - 1
  return {
    source: 'lot',
    aggregateId: lotId,
    fromSeq,
    toSeq,
    entries,
    leaderBefore: null,
    bidders: [],
    ...change,
  }
}

const deriveLot = (of: LotCommit) => deriveStretch(stretchOf(of))

/** `seq user type` of each notice. */
const told = (of: LotCommit) =>
  deriveLot(of).map(({ causeSeq, userId, type }) => `${causeSeq} ${userId} ${type}`)

describe('outbid', () => {
  test('the leader is told when another bid takes the lead, and what to beat', () => {
    const bid = bidEntry(5, { alias: BOB, leader: BOB, outbid: 'ann' }, { endsAt: 90_500 })
    expect(deriveLot(commit([bid], { leaderBefore: ANN }))).toEqual([
      {
        userId: 'ann',
        type: 'outbid',
        source: 'lot',
        aggregateId: lotId,
        causeSeq: 5,
        atMs: 2_005,
        data: {
          lotId,
          title: 'Palm Vx',
          currency: 'USD',
          price: 1_500,
          minNext: 1_550,
          endsAt: 90_500,
        },
      },
    ])
  })

  test('a bidder who meets a higher maximum is told at once', () => {
    const bid = bidEntry(5, { alias: BOB, leader: ANN, outbid: 'bob' })
    expect(told(commit([bid], { leaderBefore: ANN }))).toEqual(['5 bob outbid'])
  })

  test('a first bid, and a leader who raises its maximum, outbid nobody', () => {
    expect(told(commit([bidEntry(1, { alias: ANN, leader: ANN })]))).toEqual([])
    expect(told(commit([bidEntry(2, { alias: ANN, leader: ANN })], { leaderBefore: ANN }))).toEqual(
      [],
    )
  })

  test('what is told is the lot as the commit left it, extension included', () => {
    const bid = bidEntry(5, { alias: BOB, leader: BOB, outbid: 'ann' })
    const longer = entry('lot_extended', { seq: 6, leader: BOB, endsAt: 99_000 })
    const [notice] = deriveLot(commit([bid, longer], { leaderBefore: ANN }))
    expect(notice).toMatchObject({ causeSeq: 5, data: { endsAt: 99_000 } })
  })

  test('whoever was displaced several times in one commit is told the last one', () => {
    const storm = [
      bidEntry(5, { alias: BOB, leader: BOB, outbid: 'ann' }),
      bidEntry(6, { alias: ANN, leader: ANN, outbid: 'bob' }),
      bidEntry(7, { alias: BOB, leader: BOB, outbid: 'ann' }),
      bidEntry(8, { alias: CARL, leader: BOB, outbid: 'carl' }),
      bidEntry(9, { alias: CARL, leader: BOB, outbid: 'carl' }),
    ]
    expect(told(commit(storm, { leaderBefore: ANN }))).toEqual(['7 ann outbid', '9 carl outbid'])
  })

  test('whoever leads again at the commit’s end is told nothing', () => {
    const back = [
      bidEntry(5, { alias: BOB, leader: BOB, outbid: 'ann' }),
      bidEntry(6, { alias: ANN, leader: ANN, outbid: 'bob' }),
    ]
    expect(told(commit(back, { leaderBefore: ANN }))).toEqual(['6 bob outbid'])
  })

  test('whoever leads again since the leader retracted is told nothing', () => {
    const back = [
      bidEntry(5, { alias: BOB, leader: BOB, outbid: 'ann' }),
      entry('bid_retracted', { seq: 6, leader: ANN }),
    ]
    expect(told(commit(back, { leaderBefore: ANN }))).toEqual([])
  })
})

function closed(outcome: 'sold' | 'unsold', winner?: string) {
  const result = { outcome, at: 90_000, ...(winner === undefined ? {} : { price: 5_100 }) }
  return entry(
    'lot_closed',
    { seq: 9, state: outcome, price: 5_100, leader: ANN, result },
    winner === undefined ? {} : { winner },
  )
}

describe('the end', () => {
  test('sold: the winner has won, every other bidder has lost, winner and seller have an order', () => {
    const bidders = ['bob', 'ann', 'carl']
    const end = commit([closed('sold', 'ann')], { bidders, sellerId: 'sam' })
    expect(told(end)).toEqual([
      '9 ann lot_won',
      '9 ann order_created',
      '9 sam order_created',
      '9 bob lot_lost',
      '9 carl lot_lost',
    ])
    expect(deriveLot(end)[0]?.data).toEqual({
      lotId,
      title: 'Palm Vx',
      currency: 'USD',
      price: 5_100,
      endsAt: 90_000,
      outcome: 'sold',
    })
  })

  test('the order is the lot’s own, and says who sold what to whom for how much', () => {
    const end = commit([closed('sold', 'ann')], { bidders: ['ann'], sellerId: 'sam' })
    const orders = deriveLot(end).filter(({ type }) => type === 'order_created')
    const order = {
      orderId: lotId,
      lotId,
      title: 'Palm Vx',
      buyerId: 'ann',
      sellerId: 'sam',
      amount: 5_100,
      currency: 'USD',
    }
    expect(orders.map(({ data }) => data)).toEqual([order, order])
  })

  test('the reserve was not met: all bidders have lost, the leader too, and there is no order', () => {
    const end = commit([closed('unsold')], { bidders: ['ann', 'bob'], sellerId: 'sam' })
    expect(told(end)).toEqual(['9 ann lot_lost', '9 bob lot_lost'])
    expect(deriveLot(end)[0]?.data.outcome).toBe('unsold')
  })

  test('no bids: nobody is told', () => {
    expect(told(commit([closed('unsold')]))).toEqual([])
  })

  test('cancelled: its bidders have lost it, and are told why', () => {
    const result = { outcome: 'cancelled', at: 2_000, reason: 'stolen' } as const
    const cancelled = entry('lot_cancelled', { seq: 4, state: 'cancelled', result })
    const [notice] = deriveLot(commit([cancelled], { bidders: ['ann'] }))
    expect(notice).toMatchObject({ type: 'lot_lost', data: { outcome: 'cancelled' } })
  })

  test('a bid in the commit that ends the lot: lost says more than outbid', () => {
    const bid = bidEntry(8, { alias: BOB, leader: BOB, outbid: 'ann' })
    const end = commit([bid, closed('sold', 'bob')], { leaderBefore: ANN, bidders: ['ann', 'bob'] })
    expect(told(end)).toEqual(['9 bob lot_won', '9 ann lot_lost'])
  })
})

describe('a log with holes', () => {
  const whole = [5, 6, 7].map((seq) => entry('lot_updated', { seq }))

  test.each([
    ['first', whole.slice(1)],
    ['last', whole.slice(0, -1)],
    ['middle', [whole[0], whole[2]].filter((each) => each !== undefined)],
    ['only', []],
  ])('without the %s event is not guessed at', (_, entries) => {
    const holed = { ...commit(whole), entries }
    expect(() => deriveLot(holed)).toThrow(UnderivableError)
  })

  test('and without holes is fine', () => {
    expect(deriveLot(commit(whole))).toEqual([])
  })
})

test('any commit: at most one outbid a user, of its last displacement, and never to the leader', () => {
  const users = ['ann', 'bob', 'carl'] as const
  const bids = fc.array(fc.record({ by: fc.constantFrom(...users), wins: fc.boolean() }), {
    minLength: 1,
    maxLength: 30,
  })
  fc.assert(
    fc.property(bids, fc.constantFrom(...users), (storm, first) => {
      let leader: string = first
      const last = new Map<string, number>()
      const entries = storm.map(({ by, wins }, at) => {
        const displaced = by === leader ? undefined : wins ? leader : by
        if (wins) leader = by
        if (displaced !== undefined) last.set(displaced, at + 1)
        return bidEntry(at + 1, {
          alias: `Bidder ${by}`,
          leader: `Bidder ${leader}`,
          ...(displaced === undefined ? {} : { outbid: displaced }),
        })
      })
      last.delete(leader)
      const notices = deriveLot(commit(entries, { leaderBefore: `Bidder ${first}` }))
      expect(new Map(notices.map(({ userId, causeSeq }) => [userId, causeSeq]))).toEqual(last)
      expect(notices).toHaveLength(last.size)
      const seqs = notices.map(({ causeSeq }) => causeSeq)
      expect(seqs).toEqual(seqs.toSorted((one, other) => one - other))
    }),
  )
})
