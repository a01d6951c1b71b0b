// What is to happen in a simulation, made from its seed alone. A plan is a value: steps can be dropped
// from it, and what is left is a plan too.
import type { LotTerms } from '../../protocol/auction.ts'
import type { EngineCommand } from '../../protocol/engine.ts'
import { shardCount, shardOf } from '../../protocol/subjects.ts'
import type { NetworkWeather } from './network.ts'
import { Random } from './random.ts'
import type { StoreWeather } from './simulated-store.ts'

/** Something that is done at a moment, in milliseconds since the start. */
export type Step = { readonly atMs: number } & (
  | { readonly type: 'ask'; readonly command: EngineCommand; readonly again: number }
  | { readonly type: 'watch'; readonly watcher: string; readonly lotId: string }
  /** The store can hardly be reached. */
  | { readonly type: 'outage'; readonly forMs: number }
  /** An owner is drained and stopped, and comes back after `forMs`. */
  | { readonly type: 'drain'; readonly owner: string; readonly forMs: number }
  /**
   * An owner is killed, and comes back after `forMs`, or stands still for so long: at once, or when it is
   * next about to send a commit.
   */
  | {
      readonly type: 'kill' | 'freeze'
      readonly owner: string
      readonly forMs: number
      readonly atCommit: boolean
    }
)

export interface OwnerPlan {
  readonly name: string
  readonly startsAtMs: number
  readonly skewMs: number
}

export interface Plan {
  readonly seed: number
  readonly startMs: number
  /** Until then things go wrong; afterwards everything is given the time to end well. */
  readonly stormMs: number
  readonly shards: number
  readonly lanes: number
  readonly decisionsPerBatchMax: number
  readonly answersPerLaneMax: number
  readonly owners: readonly OwnerPlan[]
  readonly network: NetworkWeather
  readonly store: StoreWeather
  readonly steps: readonly Step[]
}

const startMs = Date.UTC(2026, 0, 1)
const bidders = ['ann', 'bob', 'cy', 'dee', 'eve'] as const
const seller = { userId: 'seller', roles: ['seller'] } as const
const service = { userId: 'house', roles: ['service'] } as const

export function planFrom(seed: number): Plan {
  const random = new Random(seed)
  const stormMs = random.between(6_000, 20_000)
  const batchMax = random.pick([1, 4, 512])
  // Where there are few, one engine has all of them, and each taking is of all lots; where there are as
  // many as in earnest, they are shared and handed over.
  const shards = random.pick([2, 2, shardCount])
  const owners = Array.from({ length: random.pick([1, 2, 2, 3]) }, (_, nth) => ({
    name: `owner-${nth + 1}`,
    startsAtMs: nth === 0 ? 0 : random.between(0, 4_000),
    skewMs: random.pick([0, 1, 1]) * random.between(-1_500, 1_500),
  }))
  const lotIds = Array.from({ length: random.between(1, 3) }, () => lotIdFrom(random, shards))
  const steps = [
    ...lotIds.flatMap((lotId, nth) => saleOf(random, lotId, nth, stormMs)),
    ...faultsOf(random, owners, stormMs),
  ].toSorted((a, b) => a.atMs - b.atMs)
  return {
    seed,
    startMs,
    stormMs,
    shards,
    lanes: random.between(1, 2),
    decisionsPerBatchMax: batchMax,
    // Few enough that repeats are found by the store's unique key too, and those of one batch fit.
    answersPerLaneMax: random.pick([batchMax, 512]),
    owners,
    network: { lost: rate(random), doubled: rate(random), slow: rate(random) },
    store: {
      refused: rate(random),
      lostBefore: rate(random),
      lostAfter: rate(random),
      late: rate(random),
      slow: rate(random),
    },
    steps,
  }
}

/** Half of the faults do not happen in a run at all, so that the others are seen alone too. */
function rate(random: Random): number {
  return random.chance(0.5) ? 0 : random.pick([0.01, 0.05, 0.2])
}

/** A lot in one of the shards that there are in this plan. */
function lotIdFrom(random: Random, shards: number): string {
  for (;;) {
    const digits = Array.from({ length: 12 }, () => random.between(0, 15).toString(16)).join('')
    const lotId = `00000000-0000-7000-8000-${digits}`
    if (shardOf(lotId) < shards) return lotId
  }
}

function saleOf(random: Random, lotId: string, nth: number, stormMs: number): Step[] {
  const opensAtMs = random.between(0, 2_000)
  const endsAtMs = opensAtMs + random.between(3_000, stormMs)
  const ask = (atMs: number, command: EngineCommand): Step => {
    const again = random.chance(0.2) ? random.between(1, 3) : 0
    return { type: 'ask', atMs, command, again }
  }
  const base = { lotId, actor: seller }
  const terms = termsFrom(random, startMs + opensAtMs, startMs + endsAtMs)
  const steps: Step[] = [
    ask(0, { ...base, type: 'create_lot', commandId: `create-${nth}`, terms }),
    ask(random.between(50, 400), { ...base, type: 'publish_lot', commandId: `publish-${nth}` }),
    ...bidsOn(random, lotId, nth, endsAtMs, ask),
  ]
  if (random.chance(0.3)) {
    const endsAt = startMs + endsAtMs + random.between(-2_000, 3_000)
    const actor = random.chance(0.5) ? seller : service
    const commandId = `update-${nth}`
    const changes = random.chance(0.5) ? { endsAt } : { reservePrice: null }
    steps.push(
      ask(random.between(500, endsAtMs), { lotId, actor, commandId, type: 'update_lot', changes }),
    )
  }
  if (random.chance(0.1)) {
    const type = random.chance(0.5) ? 'cancel_lot' : 'withdraw_lot'
    const commandId = `call-off-${nth}`
    steps.push(ask(random.between(1_000, endsAtMs), { lotId, actor: service, commandId, type }))
  }
  for (let watcher = random.between(1, 2); watcher > 0; watcher -= 1) {
    const atMs = random.between(0, endsAtMs)
    steps.push({ type: 'watch', atMs, watcher: `watcher-${nth}-${watcher}`, lotId })
  }
  return steps
}

function termsFrom(random: Random, startsAt: number, endsAt: number): LotTerms {
  const windowMs = random.between(500, 4_000)
  return {
    title: 'A lot',
    currency: 'USD',
    format: 'english',
    startPrice: 1_000,
    ...(random.chance(0.3) ? { reservePrice: random.between(1_000, 12_000) } : {}),
    grid: random.pick(['free', 'free', 'snap_down', 'strict'] as const),
    startsAt,
    endsAt,
    softClose: random.chance(0.6)
      ? {
          mode: random.pick(['reset', 'add'] as const),
          windowMs,
          extendMs: windowMs,
          trigger: random.pick(['lead_or_price_change', 'any_accepted'] as const),
          minGrowthMs: 500,
          hardCapMs: 8_000,
        }
      : null,
    retraction: random.pick(['none', 'ebay'] as const),
  }
}

function bidsOn(
  random: Random,
  lotId: string,
  nth: number,
  endsAtMs: number,
  ask: (atMs: number, command: EngineCommand) => Step,
): Step[] {
  const steps: Step[] = []
  // More in a moment than is told one by one.
  const burst = random.chance(0.2) ? random.between(25, 50) : 0
  const burstAtMs = random.between(600, endsAtMs)
  const bids = random.between(3, 30) + burst
  for (let bid = 0; bid < bids; bid += 1) {
    const atMs = momentOf(random, endsAtMs, bid < burst ? burstAtMs + 8 * bid : undefined)
    const actor = { userId: random.pick(bidders), roles: [] }
    const commandId = `bid-${nth}-${bid}`
    const over = bid < burst ? 6 * bid : random.between(-10, 40)
    const amount = Math.max(1, 1_000 + Math.floor(atMs / 2) + 50 * over)
    const kind = random.pick(['proxy', 'proxy', 'exact'] as const)
    steps.push(
      ask(atMs, { type: 'place_bid', lotId, commandId, actor, kind, amount, currency: 'USD' }),
    )
    if (random.chance(0.08)) {
      const retraction = { lotId, actor, clientBidId: commandId, reason: 'typing_error' }
      const retractedAtMs = atMs + random.between(10, 2_000)
      const id = `retract-${nth}-${bid}`
      steps.push(ask(retractedAtMs, { ...retraction, type: 'retract_bid', commandId: id }))
    }
  }
  return steps
}

/** Within the burst, in the last moments of the lot, or at any time. */
function momentOf(random: Random, endsAtMs: number, burstAtMs: number | undefined): number {
  if (burstAtMs !== undefined) return burstAtMs + random.between(0, 10)
  if (random.chance(0.3)) return endsAtMs - random.between(-300, 600)
  return random.between(600, endsAtMs + 500)
}

function faultsOf(random: Random, owners: readonly OwnerPlan[], stormMs: number): Step[] {
  const faults = random.chance(0.2) ? 0 : random.between(1, 6)
  return Array.from({ length: faults }, (): Step => {
    const { name: owner } = random.pick(owners)
    const atMs = random.between(200, stormMs)
    const type = random.pick(['kill', 'drain', 'freeze', 'freeze', 'outage'] as const)
    const forMs = random.pick([50, 500, 3_000, 6_000]) + random.between(0, 2_000)
    if (type === 'outage') return { type, atMs, forMs }
    if (type === 'drain') return { type, atMs, owner, forMs }
    return { type, atMs, owner, forMs, atCommit: random.chance(0.6) }
  })
}
