// Devices that come, are logged in, and stay: what a connection costs, and how fast they are let in.
import { setTimeout as sleep } from 'node:timers/promises'
import { lotChannel } from '../../protocol/channels.ts'
import type { Scenario } from '../run/scenario.ts'
import { prepareLots } from './prepare-lots.ts'

export const connect: Scenario = {
  says: 'devices with tokens come over the ramp, each watches a lot to which nothing happens, and stay',
  defaults: { connections: 1_000, duration: 10, lots: 1 },
  prepare: (house, plan) => prepareLots(house, plan.lots),
  act: ({ plan, stage, signal }) => ({
    cast(nth) {
      const lotId = stage.lots[nth % stage.lots.length]
      const channels = lotId === undefined ? [] : [lotChannel(lotId)]
      return { user: `${stage.runId}-${nth}`, channels }
    },
    perform: () => sleep(plan.duration * 1_000, undefined, { signal }),
    testify: () => [],
  }),
}
