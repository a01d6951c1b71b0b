// What can be found out about an auction by its public face alone.
import { expect, test } from 'vitest'
import type { BidAccepted } from '../protocol/auction.ts'
import type { LiveView, LotAttempt } from './lot-entries.ts'
import { digestOfView } from './lot-texts.ts'
import { PublicLotHistory } from './public-lot-history.ts'
import { StreamWatchers, type WatchersAccount } from './stream-watchers.ts'
import { Findings, type Rule } from './violation.ts'

const lotId = '0190a1b2-1111-7222-8333-123456789abc'

function viewAt(seq: number): LiveView {
  return {
    state: 'open',
    round: 1,
    seq,
    price: seq * 100,
    minNext: seq * 100 + 1,
    leader: 'Bidder 1',
    reserveMet: true,
    bidCount: seq,
    bidderCount: 1,
    startsAt: 0,
    endsAt: 60_000,
    extensions: 0,
  }
}

/** Ann's `seq`th bid, which was sent at `seq` seconds and answered 5 ms later. */
function bidAt(seq: number, said: Partial<BidAccepted> = {}): LotAttempt {
  const answer: BidAccepted = {
    outcome: 'accepted',
    lotId,
    clientBidId: `bid-${seq}`,
    seq,
    price: seq * 100,
    leading: true,
    yourMax: seq * 100,
    minNext: seq * 100 + 1,
    reserveMet: true,
    endsAt: 60_000,
    serverTime: seq * 1_000,
    ...said,
  }
  const asked = { type: 'place_bid', kind: 'proxy', amount: seq * 100 } as const
  const sentAtMs = seq * 1_000
  const key = { lotId, actorId: 'ann', commandId: `bid-${seq}` }
  return { ...key, asked, sentAtMs, answeredAtMs: sentAtMs + 5, answer }
}

/** Two watchers saw these seqs, each by itself. */
function watched(...all: readonly (readonly number[])[]): WatchersAccount {
  const findings = new Findings()
  const watchers = new StreamWatchers(findings)
  for (const [nth, seqs] of all.entries()) {
    const watcher = String(nth)
    watchers.joined({ watcher, stream: lotId, seq: 0, digest: undefined })
    for (const seq of seqs) {
      const digest = digestOfView(viewAt(seq))
      watchers.seen({ watcher, stream: lotId, seq, fromSeq: seq, digest })
    }
  }
  return { streams: watchers.accounts(), violations: findings.violations, count: findings.count }
}

interface Story {
  readonly attempts?: readonly LotAttempt[]
  readonly listed?: readonly number[]
  readonly accounts?: readonly WatchersAccount[]
}

const all = [1, 2, 3]

function rulesBrokenIn({
  attempts = all.map((seq) => bidAt(seq)),
  listed = all,
  accounts = [],
}: Story): Rule[] {
  const history = new PublicLotHistory()
  for (const attempt of attempts) history.attempted(attempt)
  for (const [nth, account] of accounts.entries()) history.heard(`process ${nth}`, account)
  history.listed(lotId, new Set(listed), viewAt(3))
  return [...new Set(history.violations().map(({ rule }) => rule))]
}

test('a history in which everything is in its place', () => {
  expect(rulesBrokenIn({ accounts: [watched(all, all), watched(all)] })).toEqual([])
})

test('a bid that was refused is not looked for', () => {
  const answer = {
    outcome: 'refused',
    lotId,
    clientBidId: 'bid-4',
    code: 'bid_too_low',
    message: 'too low',
    retryable: true,
    seq: 3,
    serverTime: 4_000,
  } as const
  expect(
    rulesBrokenIn({ attempts: [...all.map((seq) => bidAt(seq)), { ...bidAt(4), answer }] }),
  ).toEqual([])
})

test('an acknowledged bid that is not listed is lost', () => {
  expect(rulesBrokenIn({ listed: [1, 3] })).toContain('acknowledged_missing')
})

test('a list that does not agree with the count', () => {
  expect(rulesBrokenIn({ listed: [1, 2, 3, 4] })).toEqual(['final_state'])
})

test('two bids that were told the same place', () => {
  const attempts = [bidAt(1), bidAt(2), { ...bidAt(3), answer: bidAt(2).answer }]
  expect(rulesBrokenIn({ attempts })).toContain('gap')
})

test('a bid that was answered before another one was sent comes before it', () => {
  const attempts = [bidAt(1), bidAt(2, { seq: 3 }), bidAt(3, { seq: 2 })]
  expect(rulesBrokenIn({ attempts })).toContain('order_reversed')
})

test('one id that was told two things', () => {
  expect(
    rulesBrokenIn({ attempts: [bidAt(1), bidAt(1, { price: 7 }), bidAt(2), bidAt(3)] }),
  ).toContain('two_outcomes')
})

test('what watchers of another process missed, heard twice, or did not come to, is found here', () => {
  expect(rulesBrokenIn({ accounts: [watched(all, [1, 3])] })).toEqual(['hole'])
  expect(rulesBrokenIn({ accounts: [watched([1, 2, 2, 3])] })).toEqual(['back_in_time'])
  expect(rulesBrokenIn({ accounts: [watched(all), watched([1, 2])] })).toEqual(['left_behind'])
})

test('two processes that were told different things of one moment', () => {
  const [account] = [watched(all)]
  const streams = account.streams.map((stream) => ({
    ...stream,
    told: stream.told.map(([seq, digest]) => [seq, seq === 2 ? digest + 1 : digest] as const),
  }))
  expect(rulesBrokenIn({ accounts: [account, { ...account, streams }] })).toEqual([
    'told_otherwise',
  ])
})
