// `npm run bench -- connections`: what a connection costs that does nothing, and what it costs to come. Outcry's
// connections bring a token, and watch their user's channel and a lot; those of the others are let in unseen, and
// join as many topics or rooms.
import { setTimeout as sleep } from 'node:timers/promises'
import { type Keep, keeping } from '../keeping.ts'
import type { Pair } from '../peers/pair.ts'
import type { Stage } from '../peers/words.ts'
import { figure, median } from '../report.ts'
import type { BenchOptions, Section } from '../section.ts'
import { mediansOf, takeRounds } from '../turns.ts'
import { reportOf } from './connections-report.ts'
import { PEER_TITLES } from './fanout-tables.ts'
import { setStage } from './stage.ts'
import { type ConnectionsScale, type CostName, hearAll, startWarm, visit } from './visit.ts'

const fullScale: ConnectionsScale = {
  peers: ['raw', 'outcry', 'ws', 'socketIo', 'socketIoUws'],
  fewer: 10_000,
  held: 19_000,
  idleSeconds: 25,
}

export function benchConnections(
  options: BenchOptions,
  scale: ConnectionsScale = fullScale,
): Promise<Section> {
  return keeping(async (keep) => {
    options.say('Starting a throw-away PostgreSQL, with a lot.')
    const stage = await setStage(keep)
    const visits = scale.peers.map((peer) => ({
      name: PEER_TITLES[peer],
      measure: () => visit(peer, stage, scale),
    }))
    const costs = await takeRounds<CostName>(visits, options)
    const idleShares = await idle(keep, stage, scale, options)
    return await reportOf(
      scale.peers.map((peer, nth) => {
        const [rounds, idleShare] = [costs[nth], idleShares[nth]]
        if (rounds === undefined || idleShare === undefined) throw new Error(`no ${peer}`)
        return { peer, rounds, figures: mediansOf<CostName>(rounds), idleShare }
      }),
      scale,
    )
  })
}

/**
 * What each server is at work while nobody does anything but answer pings, of a core and for 100,000 connections.
 * All are filled at once, since waiting costs the same for one and for five.
 */
async function idle(
  keep: Keep,
  stage: Stage,
  { peers, held, idleSeconds }: ConnectionsScale,
  { rounds, say }: BenchOptions,
): Promise<readonly number[]> {
  const pairs: Pair[] = []
  for (const peer of peers) {
    const pair = await keep(startWarm(peer, stage), (started) => started.end())
    pairs.push(pair)
    await pair.join({ watchers: held })
    say(`${figure(held)} connections of ${PEER_TITLES[peer]} are there.`)
  }
  // What their coming has left to be collected is not what idling costs.
  for (const pair of pairs) await pair.server(true)
  const found = pairs.map(() => [] as number[])
  for (let round = 1; round <= rounds; round += 1) {
    say(`round ${round} of ${rounds}: all stand idle for ${idleSeconds} s.`)
    const before = await Promise.all(pairs.map((pair) => pair.server()))
    const startedMs = performance.now()
    await sleep(idleSeconds * 1_000)
    for (const [nth, pair] of pairs.entries()) {
      const { cpuMs } = await pair.server()
      const share = (cpuMs - (before[nth]?.cpuMs ?? 0)) / (performance.now() - startedMs)
      found[nth]?.push((share * 100_000) / held)
    }
  }
  for (const pair of pairs) await hearAll(pair)
  return found.map(median)
}
