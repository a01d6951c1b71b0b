// `npm run bench -- fanout`: one lot, many watchers, events from the bus to their sockets. Outcry's gateway beside
// the bare library that it stands on and beside what one would use instead, each server in a process of its own
// before the same clients.
import { uuidv7 } from '../../platform/ids.ts'
import { keeping } from '../keeping.ts'
import { eventOf, messageOf, type ScaledEvent } from '../peers/event.ts'
import { Pair, type PublishedTo } from '../peers/pair.ts'
import type { PeerName, Stage } from '../peers/words.ts'
import type { BenchOptions, Section } from '../section.ts'
import { type Cell, type Measured, perCore } from './cells.ts'
import { conflation, type StormScale } from './conflation.ts'
import { goalsOf } from './fanout-goals.ts'
import { tablesOf } from './fanout-tables.ts'
import { setStage } from './stage.ts'
import { versionsCompared } from './versions.ts'

export interface FanoutScale {
  readonly watchers: readonly number[]
  readonly storm: StormScale
}

const fullScale: FanoutScale = {
  watchers: [1_000, 10_000],
  storm: { watchers: 10_000, bidsPerSecond: 10_000, secondsMin: 4 },
}

const everybody: readonly PeerName[] = ['raw', 'outcry', 'ws', 'socketIo', 'socketIoUws']
/** Goes by before anything is counted: warm code. */
const warmUpMs = 150

export async function benchFanout(
  { rounds, seconds, say }: BenchOptions,
  scale: FanoutScale = fullScale,
): Promise<Section> {
  say('Starting a throw-away PostgreSQL, with a lot, and a NATS.')
  const measured = await keeping(async (keep) => {
    const stage = await setStage(keep)
    const found: Measured[] = []
    for (const watchers of scale.watchers) {
      const cells = cellsOf(watchers, watchers === Math.min(...scale.watchers))
      found.push(...(await measureCells(cells, stage, { rounds, seconds, say })))
    }
    return found
  })
  const storm = await keeping((keep) => conflation(keep, { rounds, seconds, say }, scale.storm))
  return {
    name: 'fanout',
    title: 'Fan-out',
    says: 'Events of one lot to all who watch it. Deliveries are counted at the clients, the time of the server is that of its whole process: so many deliveries take one second of one core. To hear from the clients how far they are is part of it, for everybody. A server hands over the events of a tick in one turn of the event loop, and no more than three ticks are under way, so a slow client costs time and not work.',
    conditions: [
      `JSON, the same text of an event from everybody but for the envelope of Socket.IO; Outcry puts the events of a tick into one frame, the others each into its own. A short event has ${bytesOf('short')} bytes, a whole one, with the state of a lot and its bid, ${bytesOf('whole')}.`,
      'Outcry is its gateway as in production, with tokens and a real database, but with presence in its memory and without limits, on a bus within the process; behind NATS it also pays for handing the events to NATS and having them back, in one read. The time of NATS and of PostgreSQL, which are processes of their own, is not counted. The others verify nothing.',
      'Every client checks that it got every event once and in order.',
      `${await versionsCompared()}.`,
      ...storm.conditions,
    ],
    tables: [...tablesOf(measured), ...storm.tables],
    goals: [...goalsOf(measured), ...storm.goals],
  }
}

function bytesOf(size: ScaledEvent): number {
  const lotId = uuidv7()
  return Buffer.byteLength(JSON.stringify(messageOf(eventOf(10_000, lotId, size), lotId)))
}

/** Many events at once, and whole ones, need to be seen at one size only. */
function cellsOf(watchers: number, isSmallest: boolean): readonly Cell[] {
  const few = { watchers, size: 'short', peers: everybody } as const
  const many = [...everybody, 'outcryOverNats'] as const
  return [
    { ...few, eventsPerTick: 1 },
    { ...few, eventsPerTick: 8, peers: [...everybody, 'rawEach'] },
    { ...few, eventsPerTick: 32, peers: isSmallest ? many : everybody },
    isSmallest
      ? { ...few, eventsPerTick: 128, peers: ['raw', 'outcry', 'outcryOverNats'] }
      : { ...few, eventsPerTick: 8, size: 'whole', peers: [...everybody, 'rawEach'] },
  ]
}

/** All servers are there at once, and those whose turn it is not stand idle. */
async function measureCells(
  cells: readonly Cell[],
  stage: Stage,
  { rounds, seconds, say }: BenchOptions,
): Promise<readonly Measured[]> {
  const watchers = cells[0]?.watchers ?? 0
  const pairs = new Map<PeerName, Pair>()
  try {
    for (const peer of new Set(cells.flatMap(({ peers }) => peers))) {
      const pair = await Pair.start(peer, stage)
      pairs.set(peer, pair)
      await pair.join({ watchers })
      say(`${watchers} watchers of ${peer} are there.`)
    }
    const plan = cells.flatMap((cell) => cell.peers.map((peer) => ({ cell, peer })))
    const found = plan.map(() => [] as PublishedTo[])
    for (let round = 0; round <= rounds; round += 1) {
      for (const [nth, { cell, peer }] of plan.entries()) {
        const pair = pairs.get(peer)
        if (pair === undefined) throw new Error(`${peer} was not started`)
        const measureMs = round === 0 ? warmUpMs : seconds * 1_000
        const published = await pair.publish({ ...cell, measureMs })
        if (round === 0) continue
        found[nth]?.push(published)
        say(`round ${round} of ${rounds}, ${watchers} watchers, ${describe(cell, peer, published)}`)
      }
    }
    return plan.map(({ cell, peer }, nth) => ({ cell, peer, rounds: found[nth] ?? [] }))
  } finally {
    await Promise.all([...pairs.values()].map((pair) => pair.end()))
  }
}

function describe(cell: Cell, peer: PeerName, published: PublishedTo): string {
  const { eventsPerTick, size } = cell
  const rate = Math.round(perCore(cell, published)).toLocaleString('en-US')
  return `${eventsPerTick} ${size} a tick, ${peer}: ${rate} deliveries/s per core`
}
