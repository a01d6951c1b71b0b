// All scenarios, by name.
import { setTimeout as sleep } from 'node:timers/promises'
import type { ScenarioName } from '../run/plan.ts'
import type { Crew, Scenario } from '../run/scenario.ts'
import { lotScenario } from './lot-scenario.ts'

/** Enough to bid at a rate which no single person may. */
const bidders = 64
/** Every how many devices one stops to read, and for how long: longer than a slow socket is borne with. */
const slowEvery = 20
const slowForMs = 8_000

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
  herd: lotScenario({
    says: 'as fanout; halfway everybody loses the connection at the same moment, and comes back',
    defaults: { connections: 1_000, rate: 20 },
    bids: (nth) => nth < bidders,
    meanwhile: loseAllHalfway,
  }),
  'slow-readers': lotScenario({
    says: 'as fanout; meanwhile one device in twenty reads nothing for eight seconds',
    defaults: { connections: 1_000, rate: 200, duration: 20 },
    bids: (nth) => nth < bidders,
    meanwhile: readNothingForAWhile,
  }),
}

/** Timed from the loss until the stream is there again. */
async function loseAllHalfway({ plan, devices, recorder, signal }: Crew): Promise<void> {
  await sleep(plan.duration * 500, undefined, { signal })
  for (const device of devices) device.lose((ms) => recorder.time('recovery', ms))
}

async function readNothingForAWhile({ plan, devices, signal }: Crew): Promise<void> {
  const slow = devices.filter(({ nth }) => nth >= bidders && nth % slowEvery === 0)
  await sleep(plan.duration * 250, undefined, { signal })
  for (const device of slow) device.pause()
  await sleep(Math.min(slowForMs, plan.duration * 500), undefined, { signal })
  for (const device of slow) device.resume()
}
