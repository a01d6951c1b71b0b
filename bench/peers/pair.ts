// A server and its watchers, each in a process of its own.
import { fileURLToPath } from 'node:url'
import { Child } from './child.ts'
import type {
  CrowdUsage,
  FromCrowd,
  FromPeer,
  JoinOrder,
  PeerName,
  Published,
  PublishOrder,
  Seen,
  Stage,
  ToCrowd,
  ToPeer,
  Usage,
} from './words.ts'

const entryOf = (file: string): string => fileURLToPath(new URL(file, import.meta.url))

/**
 * Of an address the system finds a quarter of its 28,000 ports at once, and searches all of those for each one more;
 * and ports of those who left are held for a minute. So every order has an address of its own, or several.
 */
const watchersPerSource = 5_000
let sources = 0
function nextSource(): string {
  sources += 1
  return `127.1.${sources >> 8}.${sources & 0xff}`
}

export interface Joining {
  readonly watchers: number
  /** Default: 0. */
  readonly firstUser?: number
  /** Default: false. */
  readonly conflated?: boolean
}

export interface Joined {
  readonly elapsedMs: number
  readonly serverCpuMs: number
}

export interface PublishedTo extends Published {
  /** How much of the time the process of the watchers was at work, from 0 to 1. */
  readonly crowdShare: number
}

export class Pair {
  readonly peer: PeerName
  readonly #stage: Stage
  readonly #server: Child<ToPeer, FromPeer>
  readonly #crowd: Child<ToCrowd, FromCrowd>
  #port = 0
  /** Hears how far the watchers are. */
  onSeen: (seen: Seen) => void = () => {}

  private constructor(peer: PeerName, stage: Stage) {
    this.peer = peer
    this.#stage = stage
    this.#server = new Child(`the server of ${peer}`, entryOf('peer-process.ts'), [])
    this.#crowd = new Child(`the watchers of ${peer}`, entryOf('crowd-process.ts'), ['seen'])
    this.#crowd.onTold = (word) => {
      if (word.type !== 'seen') return
      this.#server.tell(word)
      this.onSeen(word)
    }
  }

  /** Nobody watches yet. */
  static async start(peer: PeerName, stage: Stage): Promise<Pair> {
    const pair = new Pair(peer, stage)
    try {
      const { port } = await pair.#server.ask({ type: 'serve', peer, stage }, 'serving')
      pair.#port = port
      return pair
    } catch (error) {
      await pair.end()
      throw error
    }
  }

  /** So many more come. Resolves when all are subscribed. @throws where one is turned away */
  async join({ watchers, firstUser = 0, conflated = false }: Joining): Promise<Joined> {
    const before = await this.server()
    let elapsedMs = 0
    for (let joined = 0; joined < watchers; joined += watchersPerSource) {
      const order: JoinOrder = {
        peer: this.peer,
        port: this.#port,
        stage: this.#stage,
        watchers: Math.min(watchersPerSource, watchers - joined),
        firstUser: firstUser + joined,
        from: nextSource(),
        conflated,
      }
      elapsedMs += (await this.#crowd.ask({ type: 'join', order }, 'joined')).elapsedMs
    }
    return { elapsedMs, serverCpuMs: (await this.server()).cpuMs - before.cpuMs }
  }

  /** @throws where a watcher did not get everything, once and in order */
  async publish(order: PublishOrder): Promise<PublishedTo> {
    const before = await this.crowd()
    const publishing = this.#server.ask({ type: 'publish', order }, 'published')
    const { published } = await Promise.race([publishing, this.#crowd.failed])
    const after = await this.crowd()
    return { ...published, crowdShare: (after.cpuMs - before.cpuMs) / published.elapsedMs }
  }

  async leave(): Promise<void> {
    await this.#crowd.ask({ type: 'leave' }, 'left')
  }

  async server(afterCollecting = false): Promise<Usage> {
    return (await this.#server.ask({ type: 'weigh', afterCollecting }, 'weighed')).usage
  }

  async crowd(): Promise<CrowdUsage> {
    return (await this.#crowd.ask({ type: 'weigh', afterCollecting: false }, 'weighed')).usage
  }

  async end(): Promise<void> {
    await Promise.all([this.#server.end(), this.#crowd.end()])
  }
}
