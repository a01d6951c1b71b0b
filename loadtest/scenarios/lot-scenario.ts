// What all scenarios of lots share: devices that each watch a lot, some of which bid, and what they testify.
import { lotChannel } from '../../protocol/channels.ts'
import { auditLots, type LotTestimony, lotEnds } from '../audit/lot-audit.ts'
import type { PlanOptions } from '../run/plan.ts'
import type { Act, Crew, Scenario } from '../run/scenario.ts'
import { LotWitness } from '../witness/lot-witness.ts'
import { Bidding } from './bidding.ts'
import { prepareLots } from './prepare-lots.ts'

export interface LotScenario {
  readonly says: string
  readonly defaults: Partial<PlanOptions>
  /** Whether device `nth` bids; all that do bid at the plan's rate together. */
  readonly bids: (nth: number) => boolean
  /** Happens beside the bidding. */
  readonly meanwhile?: (crew: Crew) => Promise<void>
}

const entriesAtOnce = 5_000

export function lotScenario({ says, defaults, bids, meanwhile }: LotScenario): Scenario {
  return {
    says,
    defaults,
    prepare: (house, plan) => prepareLots(house, plan.lots),
    act: (crew) => actOn(crew, bids, meanwhile),
    ends: lotEnds,
    audit: auditLots,
  }
}

function actOn(
  crew: Crew,
  bids: LotScenario['bids'],
  meanwhile: LotScenario['meanwhile'] = async () => {},
): Act {
  const { plan, stage, share, devices } = crew
  const witness = new LotWitness()
  const userOf = (nth: number) => `${stage.runId}-${nth}`
  const here = biddersIn(share.from, share.to, bids)
  const everywhere = biddersIn(0, plan.connections, bids)
  const bidding = new Bidding({
    crew,
    bidders: () => devices.filter(({ nth }) => bids(nth)),
    perSecond: here === 0 ? 0 : (plan.rate * here) / everywhere,
    userOf,
  })
  return {
    cast(nth) {
      const lotId = stage.lots[nth % stage.lots.length]
      return { user: userOf(nth), channels: lotId === undefined ? [] : [lotChannel(lotId)] }
    },
    observer: {
      subscribed: (client, channel, result) => witness.subscribed(client, channel, result),
      published: (client, channel, publication) => witness.published(client, channel, publication),
    },
    perform: async () => void (await Promise.all([bidding.perform(), meanwhile(crew)])),
    *testify() {
      const watched: LotTestimony = {
        type: 'lots_watched',
        place: `devices ${share.from} to ${share.to - 1}`,
        watchers: share.to - share.from,
        ...witness.account(),
      }
      yield [watched]
      const sent = bidding.testimony()
      for (let at = 0; at < sent.length; at += entriesAtOnce) {
        yield sent.slice(at, at + entriesAtOnce)
      }
    },
  }
}

function biddersIn(from: number, to: number, bids: LotScenario['bids']): number {
  let count = 0
  for (let nth = from; nth < to; nth += 1) if (bids(nth)) count += 1
  return count
}
