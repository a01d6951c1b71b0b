// What all scenarios of lots share: devices that each watch a lot, some of which bid, and what they testify.
import { lotChannel } from '../../protocol/channels.ts'
import { auditLots, lotEnds } from '../audit/lot-audit.ts'
import type { PlanOptions } from '../run/plan.ts'
import { type Act, type Crew, type Scenario, userOf } from '../run/scenario.ts'
import { LotWitness } from '../witness/lot-witness.ts'
import { inPieces, watchedIn } from '../witness/watched.ts'
import { bidAtPace } from './bidding.ts'
import { Bids } from './bids.ts'
import { prepareLots } from './prepare-lots.ts'

export interface LotScenario {
  readonly says: string
  readonly defaults: Partial<PlanOptions>
  /** Whether device `nth` bids; all that do bid at the plan's rate together. */
  readonly bids: (nth: number) => boolean
  /** The lots that device `nth` watches. Default: one of them. */
  readonly watched?: (nth: number, lots: readonly string[]) => readonly string[]
  readonly isSlow?: (nth: number) => boolean
  /** Default: as many lots as the plan says. */
  readonly prepare?: Scenario['prepare']
  /** Happens beside the bidding. */
  readonly meanwhile?: (crew: Crew) => Promise<void>
}

export function lotScenario(scenario: LotScenario): Scenario {
  const { says, defaults, prepare = prepareLots } = scenario
  return {
    says,
    defaults,
    prepare,
    act: (crew) => actOn(crew, scenario),
    isNotified: scenario.bids,
    ends: lotEnds,
    audit: auditLots,
  }
}

function actOn(crew: Crew, scenario: LotScenario): Act {
  const { bids: isBidder, meanwhile = async () => {}, isSlow, watched = oneOf } = scenario
  const { plan, stage, share, devices } = crew
  const witness = new LotWitness()
  const bids = new Bids(crew)
  const here = biddersIn(share.from, share.to, isBidder)
  const everywhere = biddersIn(0, plan.connections, isBidder)
  const bidding = {
    crew,
    bids,
    bidders: () => devices.filter(({ nth }) => isBidder(nth)),
    perSecond: here === 0 ? 0 : (plan.rate * here) / everywhere,
  }
  return {
    cast: (nth) => ({
      user: userOf(stage, nth),
      channels: watched(nth, stage.lots).map(lotChannel),
    }),
    ...(isSlow === undefined ? {} : { isSlow }),
    observer: witness.observer,
    perform: async () => void (await Promise.all([bidAtPace(bidding), meanwhile(crew)])),
    *testify() {
      yield [watchedIn(crew, share.to - share.from, witness.account())]
      yield* inPieces(bids.testimony())
    },
  }
}

function oneOf(nth: number, lots: readonly string[]): readonly string[] {
  const lotId = lots[nth % lots.length]
  return lotId === undefined ? [] : [lotId]
}

function biddersIn(from: number, to: number, bids: LotScenario['bids']): number {
  let count = 0
  for (let nth = from; nth < to; nth += 1) if (bids(nth)) count += 1
  return count
}
