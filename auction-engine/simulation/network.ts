// The bus between simulated processes: it loses, doubles, delays and so reorders what it carries.
import {
  type Bus,
  type BusMessage,
  BusTimeoutError,
  NoResponderError,
  nobody,
  RequestFailedError,
  silence,
  type Unlisten,
} from '../../platform/bus/bus.ts'
import type { SimulatedProcess } from './simulated-process.ts'
import type { World } from './world.ts'

/** How likely each message meets with what. */
export interface NetworkWeather {
  readonly lost: number
  readonly doubled: number
  /** Held up for up to a second. */
  readonly slow: number
}

export const calmNetwork: NetworkWeather = { lost: 0, doubled: 0, slow: 0 }

interface Receiver<Handler> {
  readonly process: SimulatedProcess
  readonly handler: Handler
}
type Listener = Receiver<(message: BusMessage, subject: string) => void>
interface Server extends Receiver<(message: BusMessage) => Promise<BusMessage>> {
  readonly everyone: boolean
}

export interface NetworkOptions {
  readonly world: World
  readonly weather: NetworkWeather
  /** Told when a request reaches its servers more than once. */
  readonly onDoubled: (message: BusMessage) => void
  /** Told of each publication, whether it reaches anybody or not. */
  readonly onPublished: (message: BusMessage, subject: string) => void
}

export class Network {
  weather: NetworkWeather
  readonly #world: World
  readonly #options: NetworkOptions
  readonly #listeners = new Map<string, Set<Listener>>()
  readonly #servers = new Map<string, Set<Server>>()

  constructor(options: NetworkOptions) {
    this.#options = options
    this.#world = options.world
    this.weather = options.weather
  }

  /** The bus as one process has it. */
  busOf(process: SimulatedProcess): Bus {
    return {
      publish: (subject, message) => {
        if (process.isDead) return false
        this.#options.onPublished(message, subject)
        for (const listener of this.#listeners.get(subject) ?? []) {
          this.#carry(() => listener.process.deliver(() => listener.handler(message, subject)))
        }
        return true
      },
      listen: async (subject, handler) => enrolled(this.#listeners, subject, { process, handler }),
      serve: async (subject, handler, { everyone = false } = {}) =>
        enrolled(this.#servers, subject, { process, handler, everyone }),
      request: (subject, message, timeoutMs) =>
        new Promise((resolve, reject) => {
          const asker = new Asker(process, resolve, reject)
          this.#world.after(timeoutMs, () =>
            asker.fail(() => new BusTimeoutError(`no reply from ${subject}`)),
          )
          this.#request(subject, message, asker)
        }),
    }
  }

  #request(subject: string, message: BusMessage, asker: Asker): void {
    if (this.#serversOf(subject).length === 0) {
      this.#world.after(this.#delayMs(), () =>
        asker.fail(() => new NoResponderError(`nobody serves ${subject}`)),
      )
      return
    }
    const copies = this.#carry(() => {
      // Who serves it may have changed on the way.
      const servers = this.#serversOf(subject)
      const isForAll = servers.length === 0 || servers[0]?.everyone === true
      for (const server of isForAll ? servers : [this.#world.random.pick(servers)]) {
        server.process.deliver(() => void this.#ask(server, message, asker))
      }
    })
    for (let more = 1; more < copies; more += 1) this.#options.onDoubled(message)
  }

  async #ask({ process, handler }: Server, message: BusMessage, asker: Asker): Promise<void> {
    let tell: () => void
    try {
      const reply = await handler(message)
      if (reply === silence) return
      if (reply === nobody) tell = () => asker.fail(() => new NoResponderError('nobody answers'))
      else tell = () => asker.succeed(reply)
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      tell = () => asker.fail(() => new RequestFailedError(why))
    }
    if (!process.isDead) this.#carry(tell)
  }

  /** Brings a message over: never, once or twice. Returns how often. */
  #carry(arrive: () => void): number {
    const { random } = this.#world
    const { lost, doubled } = this.weather
    if (random.chance(lost)) return 0
    const copies = random.chance(doubled) ? 2 : 1
    for (let copy = 0; copy < copies; copy += 1) this.#world.after(this.#delayMs(), arrive)
    return copies
  }

  #delayMs(): number {
    const { random } = this.#world
    return random.chance(this.weather.slow) ? random.between(20, 1_000) : random.between(0, 3)
  }

  /** A dead process's connections are gone; one that stands still has them. */
  #serversOf(subject: string): readonly Server[] {
    return [...(this.#servers.get(subject) ?? [])].filter(({ process }) => !process.isDead)
  }
}

/** One who waits for an answer; the first thing that comes is it. */
class Asker {
  readonly #process: SimulatedProcess
  readonly #resolve: (reply: BusMessage) => void
  readonly #reject: (error: Error) => void
  #isAnswered = false

  constructor(
    process: SimulatedProcess,
    resolve: (reply: BusMessage) => void,
    reject: (error: Error) => void,
  ) {
    this.#process = process
    this.#resolve = resolve
    this.#reject = reject
  }

  succeed(reply: BusMessage): void {
    this.#hear(() => this.#resolve(reply))
  }

  fail(error: () => Error): void {
    this.#hear(() => this.#reject(error()))
  }

  #hear(tell: () => void): void {
    if (this.#isAnswered) return
    this.#isAnswered = true
    this.#process.deliver(tell)
  }
}

function enrolled<T>(table: Map<string, Set<T>>, subject: string, entry: T): Unlisten {
  const entries = table.get(subject) ?? new Set()
  table.set(subject, entries.add(entry))
  return () => {
    entries.delete(entry)
  }
}
