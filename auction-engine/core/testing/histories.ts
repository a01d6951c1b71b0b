// Random histories of a lot: several bidders, both kinds of bids, raises, ties, repeats of ids,
// retractions, updates, and time that passes now slowly, now over the end.
import * as fc from 'fast-check'
import type { LotTerms, SoftClose } from '../../../protocol/auction.ts'
import type { EngineCommand } from '../../../protocol/engine.ts'
import type { Decision, LotCommand } from '../decision.ts'
import { Draft } from '../draft.ts'
import { DEFAULT_INCREMENTS, nextBid } from '../increments.ts'
import type { Lot } from '../lot.ts'
import { lotId, spokenBy } from './words.ts'

/** What happens, in relation to the lot as it then is; `waitShare` is in thousandths of the lot's time. */
export interface Happening {
  readonly waitShare: number
  readonly who: string
  readonly does:
    | { readonly type: 'bids'; readonly kind: 'proxy' | 'exact'; readonly over: number }
    /** Bids exactly the leader's maximum, where somebody leads. */
    | { readonly type: 'ties' }
    | { readonly type: 'repeats'; readonly back: number; readonly otherAmount: boolean }
    | { readonly type: 'retracts'; readonly back: number }
    | { readonly type: 'lowersReserve'; readonly by: number }
    | { readonly type: 'delaysEnd'; readonly byShare: number }
    /** The owner of the lot is back after so long. */
    | { readonly type: 'returns'; readonly awayShare: number; readonly graceShare: number }
    | { readonly type: 'withdraws' | 'cancels' | 'closes' }
}

export interface History {
  readonly terms: LotTerms
  readonly happenings: readonly Happening[]
}

/** One command of a history, and the lot on either side of it. */
export interface Passage {
  readonly before: Lot | undefined
  readonly command: LotCommand
  readonly atMs: number
  readonly decision: Decision
  readonly after: Lot
}

const hourMs = 3_600_000

const softClose: fc.Arbitrary<SoftClose | null> = fc.option(
  fc.record(
    {
      mode: fc.constantFrom('reset' as const, 'add' as const),
      windowMs: fc.integer({ min: 1, max: 40_000 }),
      extendMs: fc.integer({ min: 1, max: 20_000 }),
      trigger: fc.constantFrom('lead_or_price_change' as const, 'any_accepted' as const),
      minGrowthMs: fc.constantFrom(0, 1_000, 5_000),
      maxExtensions: fc.integer({ min: 0, max: 4 }),
      hardCapMs: fc.integer({ min: 0, max: 60_000 }),
    },
    { requiredKeys: ['mode', 'windowMs', 'extendMs', 'trigger', 'minGrowthMs'] },
  ),
)

const increments = fc.constantFrom(
  DEFAULT_INCREMENTS,
  [{ from: 0, step: 1 }],
  [
    { from: 0, step: 7 },
    { from: 1_500, step: 300 },
    // A step that falls again: the schema allows it, so the invariants must hold.
    { from: 4_000, step: 10 },
  ],
)

/** The terms of lots which last a minute, or thirty hours where the rules of retraction look at hours. */
export const lotTerms: fc.Arbitrary<LotTerms> = fc
  .record({
    startPrice: fc.integer({ min: 1, max: 3_000 }),
    reserveOver: fc.option(fc.integer({ min: 0, max: 10_000 })),
    increments,
    grid: fc.constantFrom(
      'free' as const,
      'free' as const,
      'snap_down' as const,
      'strict' as const,
    ),
    softClose,
    retraction: fc.constantFrom('none' as const, 'ebay' as const),
    long: fc.boolean(),
  })
  .map(({ reserveOver, long, ...terms }) => ({
    ...terms,
    ...(reserveOver === null ? {} : { reservePrice: terms.startPrice + reserveOver }),
    title: 'A lot',
    currency: 'USD',
    format: 'english',
    startsAt: 0,
    endsAt: long && terms.retraction === 'ebay' ? 30 * hourMs : 60_000,
  }))

const bidding = fc.record({
  type: fc.constant('bids' as const),
  kind: fc.constantFrom('proxy' as const, 'proxy' as const, 'exact' as const),
  over: fc.oneof(
    fc.integer({ min: -50, max: 50 }),
    fc.integer({ min: 0, max: 4_000 }),
    fc.constant(0),
  ),
})

const does: fc.Arbitrary<Happening['does']> = fc.oneof(
  { weight: 30, arbitrary: bidding },
  { weight: 4, arbitrary: fc.constant({ type: 'ties' as const }) },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('repeats' as const),
      back: fc.integer({ min: 1, max: 6 }),
      otherAmount: fc.boolean(),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      type: fc.constant('retracts' as const),
      back: fc.constantFrom(0, 0, 0, 1),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('lowersReserve' as const),
      by: fc.integer({ min: 1, max: 3_000 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('delaysEnd' as const),
      byShare: fc.integer({ min: -50, max: 200 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('returns' as const),
      awayShare: fc.integer({ min: 0, max: 300 }),
      graceShare: fc.integer({ min: 0, max: 250 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constantFrom('withdraws' as const, 'cancels' as const, 'closes' as const),
    }),
  },
)

const happening: fc.Arbitrary<Happening> = fc.record({
  waitShare: fc.oneof(
    fc.constant(0),
    fc.integer({ min: 0, max: 30 }),
    fc.integer({ min: 0, max: 100 }),
  ),
  who: fc.constantFrom('ann', 'bob', 'cat', 'dan', 'ann', 'bob', 'seller'),
  does,
})

export const history: fc.Arbitrary<History> = fc.record({
  terms: lotTerms,
  happenings: fc.array(happening, { minLength: 5, maxLength: 50, size: 'max' }),
})

/** Plays a history from the lot's creation to its closing. */
export function live({ terms, happenings }: History): Passage[] {
  const draft = new Draft(undefined)
  const passages: Passage[] = []
  let atMs = 0
  const pass = (command: LotCommand): void => {
    const before = draft.lot
    const decision = draft.decide(command, atMs, undefined)
    const after = draft.lot
    if (after !== undefined) passages.push({ before, command, atMs, decision, after })
  }
  pass({ ...spokenBy('seller', 'create'), type: 'create_lot', terms })
  pass({ ...spokenBy('seller', 'publish'), type: 'publish_lot' })
  for (const [index, happens] of happenings.entries()) {
    atMs += Math.floor((happens.waitShare * terms.endsAt) / 1_000)
    const lot = draft.lot
    if (lot !== undefined) pass(commandFor(happens, lot, atMs, `c${index}`, passages))
  }
  const endsAtMs = draft.lot?.now.endsAtMs ?? 0
  atMs = Math.max(atMs, endsAtMs)
  pass({ type: 'close_lot', lotId, targetEndsAtMs: endsAtMs })
  pass({
    ...spokenBy('ann', 'late'),
    type: 'place_bid',
    kind: 'proxy',
    amount: 10 ** 9,
    currency: 'USD',
  })
  return passages
}

function commandFor(
  { who, does: act }: Happening,
  lot: Lot,
  atMs: number,
  id: string,
  passages: readonly Passage[],
): LotCommand {
  const { rules, now, standings } = lot
  const base = spokenBy(who, id)
  const bid = { ...base, type: 'place_bid' as const, kind: 'proxy' as const, currency: 'USD' }
  const need = nextBid(rules.increments, rules.terms.startPrice, now.price)
  switch (act.type) {
    case 'bids':
      return { ...bid, kind: act.kind, amount: Math.max(1, need + act.over) }
    case 'ties': {
      const leader = now.leaderId === null ? undefined : standings.get(now.leaderId)
      return { ...bid, amount: leader?.max ?? need }
    }
    case 'repeats': {
      const said = passages.at(-act.back)?.command ?? bid
      if (said.type !== 'place_bid' || !('amount' in said)) return { ...bid, amount: need }
      return act.otherAmount ? { ...said, amount: said.amount + 1 } : said
    }
    case 'retracts': {
      const bids = passages.flatMap(({ command }) =>
        command.type === 'place_bid' && command.actor.userId === who ? [command.commandId] : [],
      )
      const clientBidId = bids.at(-1 - act.back) ?? 'none'
      return { ...base, type: 'retract_bid', clientBidId, reason: 'typing_error' }
    }
    case 'lowersReserve': {
      const reserve = (rules.terms.reservePrice ?? 1) - act.by
      const changes = { reservePrice: reserve < rules.terms.startPrice ? null : reserve }
      return { ...spokenBy('seller', id), type: 'update_lot', changes }
    }
    case 'delaysEnd': {
      const endsAt = now.endsAtMs + Math.floor((act.byShare * rules.terms.endsAt) / 1_000)
      return { ...spokenBy('seller', id), type: 'update_lot', changes: { endsAt } }
    }
    case 'returns': {
      const [awayMs = 0, graceMs = 0] = [act.awayShare, act.graceShare].map((share) =>
        Math.floor((share * rules.terms.endsAt) / 1_000),
      )
      return { type: 'extend_lot', lotId, awayFromMs: atMs - awayMs, graceMs }
    }
    case 'closes':
      return { type: 'close_lot', lotId, targetEndsAtMs: now.endsAtMs }
    case 'withdraws':
      return { ...spokenBy('seller', id), type: 'withdraw_lot' }
    case 'cancels':
      return { ...spokenBy('admin', id), type: 'cancel_lot' }
  }
}

/** Whether the passage is an accepted command of the given type. */
export function isAccepted<T extends EngineCommand['type']>(
  passage: Passage,
  type: T,
): passage is Passage & { readonly command: Extract<EngineCommand, { type: T }> } {
  return (
    passage.command.type === type &&
    passage.decision.type === 'decided' &&
    passage.decision.reply.outcome === 'accepted'
  )
}
