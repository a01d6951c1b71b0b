// `npm run bench -- connections`: what a connection costs that does nothing, and what it costs to come. Outcry's
// connections bring a token, and watch their user's channel and a lot; those of the others are let in unseen, and
// join as many topics or rooms.
import { setTimeout as sleep } from 'node:timers/promises'
import { onInterrupt } from '../../platform/on-interrupt.ts'
import { Pair } from '../peers/pair.ts'
import type { PeerName, Stage } from '../peers/words.ts'
import { median } from '../report.ts'
import type { BenchOptions, Section } from '../section.ts'
import type { ConnectionsScale, Cost } from './connections-cost.ts'
import { reportOf } from './connections-report.ts'
import { setStage } from './stage.ts'

const fullScale: ConnectionsScale = {
  peers: ['raw', 'outcry', 'ws', 'socketIo', 'socketIoUws'],
  held: 19_000,
  coming: 5_000,
  idleSeconds: 30,
}

/** Come and go before anything is weighed: warm code, pools that have grown. */
const warmUpWatchers = 500
const eventsToAll = 3

export async function benchConnections(
  { rounds, say }: BenchOptions,
  scale: ConnectionsScale = fullScale,
): Promise<Section> {
  say('Starting a throw-away PostgreSQL, with a lot.')
  const setting = setStage()
  // Also while it is set: a server of ours must not be left behind.
  const undo = onInterrupt(async () => (await setting).strike())
  const stage = await setting
  const visited: Visited[] = []
  try {
    for (const peer of scale.peers) visited.push(await Visited.start(peer, stage))
    for (const one of visited) {
      const bytes = await one.fill(scale.held)
      say(`${scale.held} connections to ${one.pair.peer}: ${Math.round(bytes)} bytes each`)
    }
    await idle(visited, scale.idleSeconds, say)
    for (const one of visited) await one.empty()
    for (let round = 1; round <= rounds; round += 1) {
      for (const one of visited) {
        const [first, again] = await one.come(scale.coming, round)
        say(
          `round ${round} of ${rounds}, ${one.pair.peer}: ${Math.round(first)} connections/s per core, ${Math.round(again)} coming again`,
        )
      }
    }
    return reportOf(
      visited.map((one) => one.cost()),
      scale,
    )
  } finally {
    await Promise.all(visited.map((one) => one.pair.end()))
    await stage.strike()
    undo()
  }
}

/** All at once, since waiting costs the same for one and for five. */
async function idle(
  visited: readonly Visited[],
  seconds: number,
  say: (line: string) => void,
): Promise<void> {
  say(`All stand idle for ${seconds} s.`)
  const before = await Promise.all(visited.map((one) => one.pair.server()))
  const startedMs = performance.now()
  await sleep(seconds * 1_000)
  const elapsedMs = performance.now() - startedMs
  for (const [nth, one] of visited.entries()) {
    const after = await one.pair.server()
    one.hasIdled((after.cpuMs - (before[nth]?.cpuMs ?? 0)) / elapsedMs)
  }
}

/** A server whose connections are held, and let go, and come again. */
class Visited {
  readonly pair: Pair
  #held = 0
  #bytesEach = 0
  #idleShare = 0
  readonly #comingPerSecond: number[] = []
  readonly #comingAgainPerSecond: number[] = []
  #users = 0

  private constructor(pair: Pair) {
    this.pair = pair
  }

  static async start(peer: PeerName, stage: Stage): Promise<Visited> {
    const visited = new Visited(await Pair.start(peer, stage))
    await visited.#join(warmUpWatchers, true, 0)
    await visited.pair.leave()
    return visited
  }

  /** Resolves with the bytes for each. */
  async fill(watchers: number): Promise<number> {
    const before = await this.pair.server(true)
    await this.#join(watchers, true, 0)
    const after = await this.pair.server(true)
    this.#held = watchers
    this.#bytesEach = (after.residentBytes - before.residentBytes) / watchers
    return this.#bytesEach
  }

  hasIdled(share: number): void {
    this.#idleShare = (share * 100_000) / this.#held
  }

  /** Has them all hear something first: who is not subscribed would cost less. */
  async empty(): Promise<void> {
    await this.pair.publish({ eventsPerTick: eventsToAll, measureMs: 0, size: 'short' })
    await this.pair.leave()
  }

  /** Resolves with how many come in a second of the server's time, first seen and seen before. */
  async come(watchers: number, round: number): Promise<readonly [number, number]> {
    const first = await this.#join(watchers, true, round)
    await this.pair.leave()
    const again = await this.#join(watchers, false, round)
    await this.pair.leave()
    this.#comingPerSecond.push(first)
    this.#comingAgainPerSecond.push(again)
    return [first, again]
  }

  /** @param areNew whether nobody has seen them before, else those who came last come again */
  async #join(watchers: number, areNew: boolean, round: number): Promise<number> {
    if (!areNew) this.#users -= watchers
    const firstUser = this.#users
    this.#users += watchers
    // Ports of those who left are not free at once, so each round comes from an address of its own.
    const from = `127.0.0.${2 + 2 * round + (areNew ? 0 : 1)}`
    const { serverCpuMs } = await this.pair.join({ watchers, firstUser, from })
    return (watchers * 1_000) / serverCpuMs
  }

  cost(): Cost {
    return {
      peer: this.pair.peer,
      bytesEach: this.#bytesEach,
      idleShare: this.#idleShare,
      comingPerSecond: median(this.#comingPerSecond),
      comingAgainPerSecond: median(this.#comingAgainPerSecond),
    }
  }
}
