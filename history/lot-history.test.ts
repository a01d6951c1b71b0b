// The judge is only worth what it finds: good histories, made by the real core, pass; and each thing that
// can be wrong, put into an otherwise good history, is found and named.
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Draft } from '../auction-engine/core/draft.ts'
import { history, live } from '../auction-engine/core/testing/histories.ts'
import { spokenBy } from '../auction-engine/core/testing/words.ts'
import { asFinal, asStored } from '../auction-engine/simulation/as-stored.ts'
import type { LotTerms } from '../protocol/auction.ts'
import { shardOf } from '../protocol/subjects.ts'
import type { LiveView, LotAttempt, StoredDecision, StoredEvent } from './lot-entries.ts'
import { LotHistory } from './lot-history.ts'
import { clientsOf, judged, type LotStory } from './testing/lot-story.ts'
import type { Rule } from './violation.ts'

const terms: LotTerms = {
  title: 'A lamp',
  currency: 'USD',
  format: 'english',
  startPrice: 1_000,
  reservePrice: 2_500,
  grid: 'free',
  startsAt: 0,
  endsAt: 60_000,
  softClose: {
    mode: 'reset',
    windowMs: 10_000,
    extendMs: 10_000,
    trigger: 'lead_or_price_change',
    minGrowthMs: 1_000,
  },
  retraction: 'ebay',
}

/** Ann leads by 50.00, Bob overbids her in the last seconds, Cy bids too little, and the lot closes. */
function goodStory(): LotStory {
  const draft = new Draft(undefined)
  const bid = (who: string, amount: number, atMs: number) =>
    draft.decide(
      {
        ...spokenBy(who, `${who}-${amount}`),
        type: 'place_bid',
        kind: 'proxy',
        amount,
        currency: 'USD',
      },
      atMs,
      undefined,
    )
  draft.decide({ ...spokenBy('seller', 'create'), type: 'create_lot', terms }, 0, undefined)
  draft.decide({ ...spokenBy('seller', 'publish'), type: 'publish_lot' }, 10, undefined)
  bid('ann', 5_000, 1_000)
  bid('bob', 3_000, 2_000)
  bid('cy', 3_000, 3_000)
  bid('bob', 8_000, 55_000)
  const lotId = draft.lot?.rules.lotId ?? ''
  draft.decide({ type: 'close_lot', lotId, targetEndsAtMs: 65_000 }, 65_001, undefined)
  bid('ann', 9_000, 65_100)
  const { lot } = draft
  if (lot === undefined) throw new Error('the lot was not made')
  const decisions = draft.decided.map((decided) => asStored(decided, lot.rules, 1))
  return { ...clientsOf(decisions), decisions, final: asFinal(lot) }
}

/** The entries with those changed that `match`; there must be one. */
function altered<T>(
  entries: readonly T[],
  match: (entry: T) => boolean,
  change: (entry: T) => T,
): T[] {
  expect(entries.some(match)).toBe(true)
  return entries.map((entry) => (match(entry) ? change(entry) : entry))
}

const decisionsOf = (
  story: LotStory,
  commandId: string,
  change: (decision: StoredDecision) => StoredDecision,
): LotStory => ({
  ...story,
  decisions: altered(story.decisions, (decision) => decision.commandId === commandId, change),
})

/** Changes what an event says, to everybody alike: only the rules of the auction can notice. */
const eventsOf = (story: LotStory, seq: number, view: Partial<LiveView>): LotStory => {
  const changed = (event: StoredEvent): StoredEvent =>
    event.seq === seq ? { ...event, view: { ...event.view, ...view } } : event
  return {
    ...story,
    decisions: story.decisions.map((decision) => ({
      ...decision,
      events: decision.events.map(changed),
    })),
    seen: altered(
      story.seen,
      (seen) => seen.view.seq === seq,
      (seen) => ({ ...seen, view: { ...seen.view, ...view } }),
    ),
  }
}

const attemptsOf = (
  story: LotStory,
  commandId: string,
  change: (attempt: LotAttempt) => LotAttempt,
): LotStory => ({
  ...story,
  attempts: altered(story.attempts, (attempt) => attempt.commandId === commandId, change),
})

const repeatedly = (
  story: LotStory,
  commandId: string,
  change: (attempt: LotAttempt) => LotAttempt,
): LotStory => {
  const [again] = story.attempts.filter((attempt) => attempt.commandId === commandId)
  if (again === undefined) throw new Error(`nobody sent ${commandId}`)
  return { ...story, attempts: [...story.attempts, change(again)] }
}

const refusal = { outcome: 'refused', lotId: 'a', serverTime: 0, retryable: true } as const

/** What is done to a good history, and what must be said of it. */
const FALSIFICATIONS: readonly [
  what: string,
  rule: Rule,
  falsify: (story: LotStory) => LotStory,
][] = [
  [
    'an acknowledged bid that is not stored (I1)',
    'acknowledged_missing',
    (story) => ({
      ...story,
      decisions: story.decisions.filter(({ commandId }) => commandId !== 'bob-3000'),
    }),
  ],
  [
    'a bid stored otherwise than it was acknowledged (I1)',
    'acknowledged_otherwise',
    (story) =>
      attemptsOf(story, 'bob-3000', (attempt) =>
        attempt.answer?.outcome === 'accepted' && 'leading' in attempt.answer
          ? { ...attempt, answer: { ...attempt.answer, leading: true } }
          : attempt,
      ),
  ],
  [
    'a repeat that hears another answer (I4)',
    'two_outcomes',
    (story) =>
      repeatedly(story, 'bob-3000', (attempt) => ({
        ...attempt,
        answer: { ...refusal, code: 'lot_closed', seq: 3 },
      })),
  ],
  [
    'an id that is stored twice (I4)',
    'decided_twice',
    (story) =>
      decisionsOf(story, 'cy-3000', (decision) => ({
        ...decision,
        actorId: 'bob',
        commandId: 'bob-3000',
      })),
  ],
  [
    'a decision on a bid that was turned away as overloaded',
    'refused_but_decided',
    (story) =>
      attemptsOf(story, 'bob-3000', (attempt) => ({
        ...attempt,
        answer: { ...refusal, code: 'overloaded' },
      })),
  ],
  [
    'a bid that was turned away as overloaded and is answered as a repeat',
    'refused_but_decided',
    (story) => {
      const shed = attemptsOf(story, 'bob-3000', (attempt) => ({
        ...attempt,
        answer: { ...refusal, code: 'overloaded' },
      }))
      const repeats = story.attempts.flatMap(({ commandId, answer, ...attempt }) =>
        commandId === 'bob-3000' && answer?.outcome === 'accepted'
          ? { ...attempt, commandId, answer: { ...answer, replayed: true as const } }
          : [],
      )
      return { ...shed, attempts: [...shed.attempts, ...repeats] }
    },
  ],
  [
    'a bid whose bidder never learned what became of it',
    'unresolved',
    (story) => attemptsOf(story, 'bob-3000', (attempt) => ({ ...attempt, answer: undefined })),
  ],
  [
    'a decision that nobody asked for',
    'not_asked',
    (story) => ({ ...story, attempts: story.attempts.filter(({ actorId }) => actorId !== 'cy') }),
  ],
  [
    'a decision on another amount than was sent',
    'not_asked',
    (story) =>
      attemptsOf(story, 'ann-5000', (attempt) => ({
        ...attempt,
        asked: { ...attempt.asked, amount: 4_000 },
      })),
  ],
  [
    'a bid that came before another one which was answered before it was sent',
    'order_reversed',
    (story) =>
      attemptsOf(story, 'ann-5000', (attempt) => ({
        ...attempt,
        sentAtMs: 2_500,
        answeredAtMs: 2_600,
      })),
  ],
  [
    'a decision left out (I2)',
    'gap',
    (story) => ({
      ...story,
      decisions: story.decisions.filter(({ decisionNo }) => decisionNo !== 5),
    }),
  ],
  [
    'an event left out (I2)',
    'gap',
    (story) => decisionsOf(story, 'bob-3000', (decision) => ({ ...decision, events: [] })),
  ],
  [
    'a decision under an older epoch (I11)',
    'stale_owner',
    (story) => decisionsOf(story, 'bob-8000', (decision) => ({ ...decision, epoch: 0 })),
  ],
  [
    'an admission that goes back in time (I8)',
    'admission_fell',
    (story) => decisionsOf(story, 'cy-3000', (decision) => ({ ...decision, admittedAtMs: 1_500 })),
  ],
  ['a price that falls (I3)', 'price_fell', (story) => eventsOf(story, 5, { price: 900 })],
  [
    'a leader who is not (I5)',
    'wrong_leader',
    (story) => eventsOf(story, 4, { leader: 'Bidder 2' }),
  ],
  [
    'a price above the leader’s maximum (I6)',
    'price_bounds',
    (story) =>
      decisionsOf(story, 'bob-3000', (decision) =>
        'price' in decision.reply && decision.reply.outcome === 'accepted'
          ? { ...decision, reply: { ...decision.reply, price: 5_001 } }
          : decision,
      ),
  ],
  [
    'a bid below the least next amount that was taken',
    'bid_too_low_taken',
    (story) => eventsOf(story, 3, { minNext: 3_001 }),
  ],
  [
    'a bid refused as too low that was not',
    'bid_refused_wrongly',
    (story) =>
      decisionsOf(story, 'cy-3000', (decision) => ({
        ...decision,
        asked: { ...decision.asked, amount: 3_200 },
      })),
  ],
  [
    'a reserve that is not met any more (I7)',
    'reserve_flag',
    (story) => eventsOf(story, 5, { reserveMet: false }),
  ],
  [
    'a bid taken at the end (I8)',
    'late_bid_taken',
    (story) =>
      decisionsOf(story, 'bob-8000', (decision) => ({ ...decision, admittedAtMs: 60_000 })),
  ],
  [
    'a bid refused as closed before the end (I8)',
    'early_refusal',
    (story) =>
      decisionsOf(story, 'cy-3000', (decision) => ({
        ...decision,
        reply: { ...refusal, code: 'lot_closed', seq: 4 },
      })),
  ],
  [
    'an end that moves backwards (I9)',
    'end_moved_back',
    (story) => eventsOf(story, 6, { endsAt: 59_000 }),
  ],
  [
    'a lot closed before its end',
    'closed_early',
    (story) =>
      decisionsOf(story, 'close_lot', (decision) => ({ ...decision, admittedAtMs: 64_999 })),
  ],
  [
    'a lot closed twice (I10)',
    'after_close',
    (story) => {
      const closing = story.decisions.find(({ commandId }) => commandId === 'close_lot')
      if (closing === undefined) throw new Error('the lot was not closed')
      return { ...story, decisions: [...story.decisions, closing] }
    },
  ],
  [
    'a winner who did not lead (I10)',
    'wrong_result',
    (story) =>
      eventsOf(story, 7, {
        result: { outcome: 'sold', at: 65_000, price: 5_100, winner: 'Bidder 1' },
      }),
  ],
  [
    'a lot that is still open long after its end',
    'overdue',
    (story) => ({
      ...story,
      final: {
        ...story.final,
        view: { ...story.final.view, state: 'open' },
        overdueBeforeMs: 70_000,
      },
    }),
  ],
  [
    'a watcher who was told another price',
    'told_otherwise',
    (story) => ({
      ...story,
      seen: altered(
        story.seen,
        ({ view }) => view.seq === 4,
        (seen) => ({ ...seen, view: { ...seen.view, price: 3_101 } }),
      ),
    }),
  ],
  [
    'a watcher who was told of an event that is not stored',
    'told_otherwise',
    (story) => {
      const last = story.seen.at(-1)
      if (last === undefined) throw new Error('nothing was seen')
      return { ...story, seen: [...story.seen, { ...last, view: { ...last.view, seq: 8 } }] }
    },
  ],
  [
    'a hole in what a watcher saw (I13)',
    'hole',
    (story) => ({ ...story, seen: story.seen.filter(({ view }) => view.seq !== 4) }),
  ],
  [
    'an event that a watcher saw twice (I13)',
    'back_in_time',
    (story) => ({ ...story, seen: story.seen.flatMap((seen) => [seen, seen]) }),
  ],
  [
    'a watcher who recovers into the past',
    'back_in_time',
    (story) => {
      const [first] = story.seen
      if (first === undefined) throw new Error('nothing was seen')
      const { watcher, view } = first
      // Told before `seen`, so the second one goes back.
      const later = { watcher, view: { ...view, seq: 2 } }
      return { ...story, seen: [], joined: [later, { watcher, view }] }
    },
  ],
  [
    'a watcher who does not come to the end',
    'left_behind',
    (story) => ({ ...story, seen: story.seen.slice(0, -1) }),
  ],
  [
    'events that were never told',
    'untold',
    (story) => ({ ...story, final: { ...story.final, untold: 2 } }),
  ],
  [
    'a stored state that is not the one after the last event',
    'final_state',
    (story) => ({ ...story, final: { ...story.final, view: { ...story.final.view, price: 1 } } }),
  ],
  [
    'a stored number of decisions that is not theirs',
    'final_state',
    (story) => ({ ...story, final: { ...story.final, decisionNo: 99 } }),
  ],
]

describe('the judge of an auction', () => {
  test('finds nothing in a good history', () => {
    expect(judged(goodStory())).toEqual([])
  })

  test.each(FALSIFICATIONS)('finds %s', (_what, rule, falsify) => {
    const found = judged(falsify(goodStory()))
    expect(found.map((violation) => violation.rule)).toContain(rule)
    const named = found.find((violation) => violation.rule === rule)
    expect(named?.says).toMatch(/^[A-Z].*\..*\.$/s)
    expect(Object.keys(named?.evidence ?? {})).not.toEqual([])
  })

  test('finds a decision under an epoch that was taken over before (I11)', () => {
    const { attempts, decisions, final } = goodStory()
    const shard = shardOf(final.lotId)
    const told = new LotHistory({ allClients: true })
    for (const attempt of attempts) told.attempted(attempt)
    told.taken(shard, 1)
    for (const decision of decisions) {
      if (decision.commandId === 'bob-8000') told.taken(shard, 2)
      told.decided(decision)
    }
    expect(new Set(told.violations().map(({ rule }) => rule))).toEqual(new Set(['stale_owner']))
  })

  test('allows holes that are told, and watchers who leave or come later', () => {
    const story = goodStory()
    const { lotId, view } = story.final
    const told = new LotHistory({ allClients: false })
    told.joined('late', lotId, view)
    for (const seen of story.seen.slice(0, 2)) told.saw({ ...seen, watcher: 'gone' })
    told.left('gone', lotId)
    for (const { view: each } of story.seen.slice(0, 1))
      told.saw({ watcher: 'slow', lotId, view: each })
    const last = story.seen.at(-1)
    if (last !== undefined) told.saw({ ...last, watcher: 'slow', fromSeq: 2 })
    for (const decision of story.decisions) told.decided(decision)
    told.ended(story.final)
    expect(told.violations()).toEqual([])
  })

  test('a bidder that learns by a repeat what became of its bid is no violation', () => {
    const { attempts, ...story } = goodStory()
    const twice = attempts.flatMap((attempt) => [
      { ...attempt, answer: undefined },
      {
        ...attempt,
        ...(attempt.answer?.outcome === 'accepted'
          ? { answer: { ...attempt.answer, replayed: true as const } }
          : {}),
      },
    ])
    expect(judged({ ...story, attempts: twice })).toEqual([])
  })

  test('finds nothing in any history that the real core has decided', () => {
    fc.assert(
      fc.property(history, (lived) => {
        const passages = live(lived)
        const last = passages.at(-1)?.after
        if (last === undefined) return
        const decisions = passages.flatMap(({ decision }) =>
          decision.type === 'decided' ? asStored(decision, last.rules, 1) : [],
        )
        expect(judged({ ...clientsOf(decisions), decisions, final: asFinal(last) })).toEqual([])
      }),
      { numRuns: 300 },
    )
  })
})

test('keeps the first hundred violations, and counts all of them', () => {
  const { decisions, final } = goodStory()
  const told = new LotHistory({ allClients: false })
  for (let times = 0; times < 60; times += 1) for (const each of decisions) told.decided(each)
  told.ended(final)
  expect(told.violations()).toHaveLength(100)
  expect(told.count).toBeGreaterThan(300)
})
