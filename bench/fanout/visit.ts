// One visit to a server of connections: it is filled while its memory and its time are measured, told something,
// emptied, and visited again by those whom it knows.
import { Pair } from '../peers/pair.ts'
import type { PeerName, Stage } from '../peers/words.ts'
import type { Figures } from '../turns.ts'

export interface ConnectionsScale {
  /** The library alone and Outcry are always among them. */
  readonly peers: readonly PeerName[]
  /** Memory is weighed at these as well, to see whether it grows as connections do. */
  readonly fewer: number
  /** Held by each server at once; a process has 20,000 file descriptors. */
  readonly held: number
  /** As long as clients are pinged once in, so that every one is. */
  readonly idleSeconds: number
}

/** Bytes are those that the process of the server grows by, µs those of its time; `again` is who came before. */
export type CostName =
  | 'bytes each'
  | 'bytes each of fewer'
  | 'µs each'
  | 'µs each again'
  | 'connections/s'

/** Come and go before anything is weighed: warm code, pools that have grown. */
const warmUpWatchers = 500
/** Nobody who comes later is among them. */
const warmUpFirstUser = 1_000_000
const eventsToAll = 3

/** @throws where a connection is refused, lost, or does not hear everything that it subscribed to */
export async function visit(
  peer: PeerName,
  stage: Stage,
  { fewer, held }: ConnectionsScale,
): Promise<Figures<CostName>> {
  const pair = await startWarm(peer, stage)
  try {
    const empty = await pair.server(true)
    const first = await pair.join({ watchers: fewer })
    const part = await pair.server(true)
    const rest = await pair.join({ watchers: held - fewer, firstUser: fewer })
    const full = await pair.server(true)
    await hearAll(pair)
    await pair.leave()
    const again = await pair.join({ watchers: fewer })
    return {
      'bytes each': (full.residentBytes - empty.residentBytes) / held,
      'bytes each of fewer': (part.residentBytes - empty.residentBytes) / fewer,
      'µs each': ((first.serverCpuMs + rest.serverCpuMs) * 1_000) / held,
      'µs each again': (again.serverCpuMs * 1_000) / fewer,
      'connections/s': (held * 1_000) / (first.elapsedMs + rest.elapsedMs),
    }
  } finally {
    await pair.end()
  }
}

/** With warm code, and nobody there. */
export async function startWarm(peer: PeerName, stage: Stage): Promise<Pair> {
  const pair = await Pair.start(peer, stage)
  try {
    await pair.join({ watchers: warmUpWatchers, firstUser: warmUpFirstUser })
    await pair.leave()
    return pair
  } catch (error) {
    await pair.end()
    throw error
  }
}

/** Who is not subscribed would cost less. @throws where one does not hear everything, once and in order */
export async function hearAll(pair: Pair): Promise<void> {
  await pair.publish({ eventsPerTick: eventsToAll, measureMs: 0, size: 'short' })
}
