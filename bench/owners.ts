// `npm run bench -- owners`: how long lots stand still when their engine is killed, and when it is ended and
// another one comes, as in a rolling restart.
import { availableParallelism } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { busOverNats } from './bids/engine-ways.ts'
import { EngineProcesses } from './engine-processes.ts'
import { keeping } from './keeping.ts'
import { LotPulse } from './lot-pulse.ts'
import { median } from './report.ts'

export interface OwnersOptions {
  readonly rounds: number
  readonly lots: number
}

/** One way of changing owners, and how long the lot that waited longest waited, in each round. */
interface Pauses {
  readonly name: string
  readonly change: (engines: EngineProcesses) => Promise<void>
  readonly worstMs: number[]
  /** Of each lot in each round that waited longer than it does in quiet times. */
  readonly allMs: number[]
}

/** After a change, until every bid that waited has been answered. */
const afterMs = 1_000
/** A bid in quiet times takes some milliseconds; what waits longer waits for an owner. */
const quietMs = 50

const say = (line: string): boolean => process.stdout.write(`${line}\n`)

export function benchOwners({ rounds, lots }: OwnersOptions): Promise<void> {
  return keeping(async (keep) => {
    say('Starting a throw-away PostgreSQL, a NATS and two engines.')
    const engines = await EngineProcesses.start(keep)
    const bus = await busOverNats(keep, engines.natsUrl)
    await engines.add()
    await engines.add()
    const pulse = await LotPulse.start(bus, lots)
    const ways: readonly Pauses[] = [
      { name: 'killed', change: (all) => all.end('SIGKILL'), worstMs: [], allMs: [] },
      { name: 'one comes', change: (all) => all.add(), worstMs: [], allMs: [] },
      { name: 'ended', change: (all) => all.end('SIGTERM'), worstMs: [], allMs: [] },
      { name: 'one comes', change: (all) => all.add(), worstMs: [], allMs: [] },
    ]
    for (let round = 1; round <= rounds; round += 1) {
      for (const way of ways)
        say(`round ${round} of ${rounds}, ${await measure(way, engines, pulse)}`)
    }
    await pulse.stop()
    describe(ways, rounds, lots)
  })
}

async function measure(way: Pauses, engines: EngineProcesses, pulse: LotPulse): Promise<string> {
  pulse.longestMs()
  await way.change(engines)
  await sleep(afterMs)
  const waitedMs = pulse.longestMs().filter((ms) => ms > quietMs)
  const worstMs = Math.max(0, ...waitedMs)
  way.worstMs.push(worstMs)
  way.allMs.push(...waitedMs)
  return `${way.name}: ${waitedMs.length} lots waited, at most ${worstMs.toFixed(0)} ms`
}

function describe(ways: readonly Pauses[], rounds: number, lots: number): void {
  const cores = availableParallelism()
  say(
    `\nHow long a bid waited while the owner of its lot changed, in ms; ${rounds} rounds, ${lots} lots,`,
  )
  say(`two engines, ${cores} cores for all of it, Node ${process.versions.node}.\n`)
  for (const { name, worstMs, allMs } of ways) {
    const numbers = [median(worstMs), Math.max(...worstMs), allMs.length === 0 ? 0 : median(allMs)]
    const [ofRounds, ofAll, ofLots] = numbers.map((ms) => ms.toFixed(0).padStart(6))
    say(
      `${name.padEnd(10)} longest of a round: median${ofRounds}, worst${ofAll}; of a lot: median${ofLots}`,
    )
  }
}
