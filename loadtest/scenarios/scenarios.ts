// All scenarios, by name.
import { setTimeout as sleep } from 'node:timers/promises'
import type { ScenarioName } from '../run/plan.ts'
import type { Crew, Scenario } from '../run/scenario.ts'
import { chat } from './chat.ts'
import { drainHalfway, prepareToDrain } from './drain.ts'
import { lotScenario } from './lot-scenario.ts'
import { overflow } from './overflow.ts'
import { longTitle, prepareLots } from './prepare-lots.ts'
import { replay } from './replay.ts'
import { readNothingForAWhile } from './slow-reading.ts'

/** Enough to bid at a rate which no single person may. */
const bidders = 64
/** Every how many devices one stops to read. */
const slowEvery = 20
/** A lot tells twenty states a second at most: of one lot so little comes that the kernel holds it for a minute. */
const lotsOfSlow = 100

export const SCENARIOS: Readonly<Record<ScenarioName, Scenario>> = {
  connect: lotScenario({
    says: 'devices come over the ramp, each watches a lot to which nothing happens, and stay',
    defaults: { connections: 1_000 },
    bids: () => false,
  }),
  fanout: lotScenario({
    says: 'everybody watches a hot lot; the first 64 bid at --rate',
    defaults: { connections: 1_000, rate: 20 },
    bids: (nth) => nth < bidders,
  }),
  auction: lotScenario({
    says: 'everybody watches one of the lots and bids on any of them, all together at --rate',
    defaults: { connections: 256, rate: 500, lots: 8 },
    bids: () => true,
  }),
  chat,
  overflow,
  herd: lotScenario({
    says: 'as fanout; halfway everybody loses the connection at the same moment, and comes back',
    defaults: { connections: 1_000, rate: 20 },
    bids: (nth) => nth < bidders,
    meanwhile: loseAllHalfway,
  }),
  'slow-readers': lotScenario({
    says: 'as fanout; one device in twenty watches all lots, and meanwhile reads nothing for twelve seconds',
    defaults: { connections: 400, rate: 1_000, duration: 30, lots: 64 },
    prepare: (house, plan) => prepareLots(house, plan, longTitle),
    bids: (nth) => nth < bidders,
    isSlow,
    watched: (nth, lots) =>
      isSlow(nth) ? lots.slice(0, lotsOfSlow) : lots.slice(nth % lots.length).slice(0, 1),
    meanwhile: async (crew) =>
      await readNothingForAWhile(
        crew,
        crew.devices.filter(({ nth }) => isSlow(nth)),
      ),
  }),
  drain: lotScenario({
    says: 'as auction; halfway a gateway is told to stop (--cluster, or --drain-pid), and its devices move',
    defaults: { connections: 256, rate: 200, lots: 8 },
    bids: () => true,
    prepare: prepareToDrain,
    meanwhile: drainHalfway,
  }),
  replay,
}

/** The crew times how long it takes until every stream is there again. */
async function loseAllHalfway({ plan, devices, signal }: Crew): Promise<void> {
  await sleep(plan.duration * 500, undefined, { signal })
  for (const device of devices) device.lose()
}

function isSlow(nth: number): boolean {
  return nth >= bidders && nth % slowEvery === 0
}
