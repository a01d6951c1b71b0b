// Watchers of a lot in a process of their own: they join, count what comes, and fault whatever is lost, doubled
// or out of order.
import { type Endpoint, endpointOf, LightSocket } from '../../loadtest/client/light-socket.ts'
import { type Arrival, ArrivalReader, follows } from './arrivals.ts'
import { type Dialect, dialectOf } from './dialect.ts'
import { obey, tell } from './obey.ts'
import { usageNow } from './usage.ts'
import type { FromCrowd, JoinOrder, ToCrowd } from './words.ts'

/** Handshakes under way at once: enough to keep a server busy, and no flood. */
const handshakesMax = 256

/** What watchers share. They come in one order or in several, which differ in who they are alone. */
class Crowd {
  readonly conflated: boolean
  readonly dialect: Dialect
  readonly endpoint: Endpoint
  readonly arrivals: ArrivalReader
  readonly #watchers: Watcher[] = []
  #wanted = 0
  #nextUser = 0
  #from = ''
  /** Publications that came to somebody. */
  deliveries = 0
  #told = 0
  /** By how many each state has been heard that has not come to all yet. */
  readonly #heardBy = new Map<number, number>()
  #offset = 0
  #toldOffset = 0
  #isTelling = false
  #joined = 0
  #left = 0
  #isLeaving = false
  #onAll: () => void = () => {}
  #fail: (error: Error) => void = () => {}

  constructor(order: JoinOrder) {
    this.conflated = order.conflated
    this.dialect = dialectOf(order.peer, order.stage)
    const { path, subprotocol } = this.dialect
    this.endpoint = endpointOf(`ws://127.0.0.1:${order.port}${path}`, subprotocol)
    this.arrivals = new ArrivalReader(order.conflated)
  }

  /** So many more. @throws where one is refused, or has missed what the others heard */
  assemble({ watchers, firstUser, from }: JoinOrder): Promise<void> {
    if (this.deliveries > 0) throw new Error('something was published before all were there')
    this.#wanted += watchers
    this.#nextUser = firstUser
    this.#from = from
    return new Promise((resolve, reject) => {
      this.#onAll = resolve
      this.#fail = reject
      for (let nth = 0; nth < Math.min(handshakesMax, watchers); nth += 1) this.#next()
    })
  }

  #next(): void {
    if (this.#watchers.length >= this.#wanted) return
    const watcher = new Watcher(this, `watcher-${this.#nextUser}`)
    this.#nextUser += 1
    this.#watchers.push(watcher)
    watcher.join(this.#from)
  }

  hasJoined(): void {
    this.#joined += 1
    if (this.#joined === this.#wanted) this.#onAll()
    else this.#next()
  }

  hasCome({ count, last }: Arrival): void {
    this.deliveries += count
    if (this.conflated) this.#hasComeTo(last)
    if (this.#isTelling || (this.eventsEach === this.#told && this.#offset === this.#toldOffset)) {
      return
    }
    this.#isTelling = true
    setImmediate(() => {
      this.#isTelling = false
      this.#told = this.eventsEach
      this.#toldOffset = this.#offset
      const events = eventsBefore + this.#told
      tell({ type: 'seen', events, offset: this.#offset } satisfies FromCrowd)
    })
  }

  /** A slow reader may skip a state which the others have: it counts as come to all with the next one. */
  #hasComeTo(offset: number): void {
    const heardBy = (this.#heardBy.get(offset) ?? 0) + 1
    this.#heardBy.set(offset, heardBy)
    if (heardBy < this.#wanted) return
    this.#offset = offset
    for (const older of this.#heardBy.keys()) if (older <= offset) this.#heardBy.delete(older)
  }

  get eventsEach(): number {
    return Math.floor(this.deliveries / this.#wanted)
  }

  async leave(): Promise<void> {
    this.#isLeaving = true
    await new Promise<void>((resolve) => {
      this.#onAll = resolve
      for (const watcher of this.#watchers) watcher.close()
    })
  }

  hasLeft(reason: string): void {
    if (!this.#isLeaving) {
      const error = new Error(`a watcher lost its connection: ${reason}`)
      this.#fail(error)
      throw error
    }
    this.#left += 1
    if (this.#left === this.#wanted) this.#onAll()
  }
}

class Watcher extends LightSocket {
  readonly #crowd: Crowd
  readonly #user: string
  #hasJoined = false
  /** The offset of the newest publication; 0 before the first. */
  #last = 0

  constructor(crowd: Crowd, user: string) {
    super()
    this.#crowd = crowd
    this.#user = user
  }

  join(from: string): void {
    this.open(this.#crowd.endpoint, from)
  }

  protected override opened(): void {
    const hello = this.#crowd.dialect.hello(this.#user)
    if (hello !== undefined) this.send(hello)
  }

  protected override received(message: Buffer): void {
    if (this.#hasJoined && this.#counts(message)) return
    const { say, joined } = this.#crowd.dialect.answer(message.toString(), this.#user)
    if (say !== undefined) this.send(say)
    if (joined !== undefined) {
      this.#hasJoined = true
      this.#crowd.hasJoined()
    }
  }

  #counts(message: Buffer): boolean {
    const crowd = this.#crowd
    const arrival = crowd.arrivals.read(message)
    if (arrival === undefined) return false
    const { first, last } = arrival
    if (this.#last !== 0 && !follows(this.#last, first, crowd.conflated)) {
      throw new Error(`${this.#user} heard ${first} after ${this.#last}`)
    }
    this.#last = last
    crowd.hasCome(arrival)
    return true
  }

  protected override ended(code: number, reason: string): void {
    this.#crowd.hasLeft(`${code} ${reason}`)
  }
}

let crowd: Crowd | undefined
/** What came to each of those who have left. */
let eventsBefore = 0

obey(async (word: ToCrowd): Promise<FromCrowd | undefined> => {
  switch (word.type) {
    case 'join': {
      crowd ??= new Crowd(word.order)
      const startedMs = performance.now()
      await crowd.assemble(word.order)
      return { type: 'joined', elapsedMs: performance.now() - startedMs }
    }
    case 'leave':
      await crowd?.leave()
      eventsBefore += crowd?.eventsEach ?? 0
      crowd = undefined
      return { type: 'left' }
    case 'weigh': {
      const { deliveries = 0, eventsEach = 0 } = crowd ?? {}
      const usage = { ...(await usageNow(word.afterCollecting)), deliveries }
      return { type: 'weighed', usage: { ...usage, eventsEach: eventsBefore + eventsEach } }
    }
  }
})
