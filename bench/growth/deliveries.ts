// Deliveries by a gateway that has few channels, and by one that has many. Every lot has ten watchers, and ten lots of
// different watchers have an event at a time: as many deliveries to as many sockets, whatever the number of lots.
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { endpointOf, LightSocket } from '../../loadtest/client/light-socket.ts'
import { tokensOf } from '../../loadtest/tokens.ts'
import type { Bus } from '../../platform/bus/bus.ts'
import { lotChannel } from '../../protocol/channels.ts'
import { jsonClientCodec } from '../../protocol/client-codec.ts'
import { lotEventsSubject } from '../../protocol/subjects.ts'
import type { Keep } from '../keeping.ts'
import { Child } from '../peers/child.ts'
import { eventOf } from '../peers/event.ts'
import type { FromPeer, Stage, ToPeer } from '../peers/words.ts'
import type { Figures } from '../turns.ts'

export type Delivered = Figures<'own µs'>

export const watchersEach = 10
/** A connection watches at most so many lots. */
const lotsEachMax = 100
const eventsAtOnce = 10
const entry = fileURLToPath(new URL('../peers/peer-process.ts', import.meta.url))
/** Higher than that of any engine, and above every event that a lot has had. */
const [epoch, firstSeq] = [1_000_000, 1_000_000]
const lostAfterMs = 30_000
const askMs = 1

export class Watched {
  readonly #gateway: Child<ToPeer, FromPeer>
  readonly #bus: Bus
  /** Lots of the same watchers. */
  readonly #groups: readonly (readonly string[])[]
  readonly #heard: Heard = { first: 0, deliveries: 0 }
  readonly #seqs = new Map<string, number>()
  #ticks = 0

  private constructor(
    gateway: Child<ToPeer, FromPeer>,
    bus: Bus,
    groups: readonly (readonly string[])[],
  ) {
    this.#gateway = gateway
    this.#bus = bus
    this.#groups = groups
  }

  /** A gateway in a process of its own, and watchers of all these lots. */
  static async open(
    keep: Keep,
    bus: Bus,
    stage: Stage,
    lotIds: readonly string[],
  ): Promise<Watched> {
    const name = `the gateway of ${lotIds.length} lots`
    const gateway = new Child<ToPeer, FromPeer>(name, entry, [])
    await keep(gateway, (process) => process.end())
    const { port } = await gateway.ask({ type: 'serve', peer: 'outcryOverNats', stage }, 'serving')
    const each = Math.min(lotsEachMax, Math.floor(lotIds.length / eventsAtOnce))
    const groups = Array.from({ length: Math.floor(lotIds.length / each) }, (_, nth) =>
      lotIds.slice(nth * each, (nth + 1) * each),
    )
    const watched = new Watched(gateway, bus, groups)
    await watched.#join(keep, port, stage.secret)
    await watched.#leap()
    return watched
  }

  /** @throws where an event does not come to all of its lot's watchers, once and in order */
  async deliver(measureMs: number): Promise<Delivered> {
    const before = await this.#cpuMs()
    const beganWith = this.#heard.deliveries
    const untilMs = performance.now() + measureMs
    while (performance.now() < untilMs) {
      const expected = this.#heard.deliveries + eventsAtOnce * watchersEach
      this.#publish()
      await untilSo(() => this.#heard.deliveries >= expected)
    }
    const deliveries = this.#heard.deliveries - beganWith
    return { 'own µs': (((await this.#cpuMs()) - before) * 1_000) / deliveries }
  }

  #publish(): void {
    this.#ticks += 1
    const round = Math.floor((this.#ticks * eventsAtOnce) / this.#groups.length)
    for (let nth = 0; nth < eventsAtOnce; nth += 1) {
      const group = this.#groups[(this.#ticks * eventsAtOnce + nth) % this.#groups.length] ?? []
      const lotId = group[round % group.length]
      if (lotId === undefined) throw new RangeError('there is no lot to tell of')
      this.#tell(lotId)
    }
  }

  #tell(lotId: string): void {
    const seq = (this.#seqs.get(lotId) ?? firstSeq - 1) + 1
    this.#seqs.set(lotId, seq)
    const event = eventOf(seq, lotId, 'short')
    this.#bus.publish(lotEventsSubject(lotId), { lotId, epoch, events: [event] })
  }

  /** Takes every lot to numbers that are above all of its own, so that one follows the other from there. */
  async #leap(): Promise<void> {
    for (const group of this.#groups) {
      const expected = this.#heard.first + group.length * watchersEach
      for (const lotId of group) this.#tell(lotId)
      await untilSo(() => this.#heard.first >= expected)
    }
  }

  async #cpuMs(): Promise<number> {
    const { usage } = await this.#gateway.ask({ type: 'weigh', afterCollecting: false }, 'weighed')
    return usage.cpuMs
  }

  async #join(keep: Keep, port: number, secret: string): Promise<void> {
    const url = `http://127.0.0.1:${port}`
    const endpoint = endpointOf(
      `ws://127.0.0.1:${port}/connection/websocket`,
      jsonClientCodec.subprotocol,
    )
    const tokens = tokensOf({ tokenUrl: url, secret })
    let nth = 0
    for (const lots of this.#groups) {
      const watchers = Array.from({ length: watchersEach }, () => new Watcher(this.#heard, lots))
      await Promise.all(
        watchers.map(async (watcher) => {
          nth += 1
          watcher.join(endpoint, await tokens(`watcher-${nth}`))
          await keep(watcher.joined, async () => watcher.leave())
        }),
      )
    }
  }
}

/** What all watchers heard together: the first events, and those that followed. */
interface Heard {
  first: number
  deliveries: number
}

/** @throws where it takes too long */
async function untilSo(isSo: () => boolean): Promise<void> {
  const lostAtMs = performance.now() + lostAfterMs
  while (!isSo()) {
    if (performance.now() > lostAtMs) throw new Error('an event did not come to all watchers')
    await sleep(askMs)
  }
}

class Watcher extends LightSocket {
  readonly #heard: Heard
  readonly #lots: readonly string[]
  readonly #lastOffset = new Map<string, number>()
  readonly joined: Promise<void>
  #token = ''
  #awaited: number
  #isLeaving = false
  #onJoined = (): void => {}

  constructor(heard: Heard, lots: readonly string[]) {
    super()
    this.#heard = heard
    this.#lots = lots
    this.#awaited = lots.length
    this.joined = new Promise((resolve) => {
      this.#onJoined = resolve
    })
  }

  join(endpoint: ReturnType<typeof endpointOf>, token: string): void {
    this.#token = token
    this.open(endpoint)
  }

  leave(): void {
    this.#isLeaving = true
    this.drop('the bench is over')
  }

  protected override opened(): void {
    const subscribes = this.#lots.map((lotId, nth) => ({
      id: nth + 2,
      subscribe: { channel: lotChannel(lotId) },
    }))
    const commands = [{ id: 1, connect: { token: this.#token } }, ...subscribes]
    this.send(commands.map((command) => JSON.stringify(command)).join('\n'))
  }

  protected override received(message: Buffer): void {
    for (const heard of jsonClientCodec.decodeServer(message.toString())) {
      if ('push' in heard) this.#hear(heard.push)
      else if ('error' in heard) throw new Error(`a watcher was refused: ${message.toString()}`)
      else if ('subscribe' in heard) {
        this.#awaited -= 1
        if (this.#awaited === 0) this.#onJoined()
      } else if (!('id' in heard)) this.send('{}')
    }
  }

  #hear(push: object): void {
    const { channel = '', pub } = push as {
      readonly channel?: string
      readonly pub?: { readonly offset: number }
    }
    if (pub === undefined || !channel.startsWith('lot:')) return
    // What the lot had before, and what leads to the first event that was told here.
    if (pub.offset < firstSeq) return
    const last = this.#lastOffset.get(channel) ?? firstSeq - 1
    if (pub.offset !== last + 1) throw new Error(`a watcher heard ${pub.offset} after ${last}`)
    this.#lastOffset.set(channel, pub.offset)
    if (pub.offset === firstSeq) this.#heard.first += 1
    else this.#heard.deliveries += 1
  }

  protected override ended(code: number, reason: string): void {
    if (!this.#isLeaving) throw new Error(`a watcher lost its connection: ${code} ${reason}`)
  }
}
