// The devices of one process: they come one after the other over the ramp, stay, and are counted.
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { Failure } from '../../platform/failure.ts'
import type { LotPublication } from '../../protocol/auction.ts'
import { jsonClientCodec, msgpackClientCodec } from '../../protocol/client-codec.ts'
import type { Publication } from '../../protocol/frames.ts'
import { createFrameReader } from '../client/frame-memory.ts'
import { CLOSES } from '../client/frames.ts'
import { endpointOf } from '../client/light-socket.ts'
import {
  droppedOnPurpose,
  type Ending,
  LoadClient,
  type LoadClientOptions,
  type LoadObserver,
} from '../client/load-client.ts'
import type { Tokens } from '../tokens.ts'
import { Recorder } from './measures.ts'
import { type Plan, type Share, websocketUrl } from './plan.ts'
import { randomOf } from './random.ts'
import type { Act, Crew, Ends, Scenario, Stage } from './scenario.ts'

export interface CrewOptions {
  readonly scenario: Scenario
  readonly plan: Plan
  readonly stage: Stage
  readonly share: Share
  readonly tokens: Tokens
  readonly signal: AbortSignal
}

/** Connections being made at a time: a server takes them in turn, and more would only wait in the kernel. */
const comingMax = 256
const pulseIntervalMs = 5_000
/** Longer than the pings after which a lost connection is noticed, and the longest pause before coming back. */
const patienceMs = 60_000

export class DeviceCrew {
  readonly recorder = new Recorder()
  readonly #options: CrewOptions
  readonly #act: Act
  readonly #devices: LoadClient[] = []
  #connected = 0
  /** Those that have not been connected yet. */
  readonly #coming = new Set<number>()
  #failure: unknown
  #pulse: NodeJS.Timeout | undefined

  constructor(options: CrewOptions) {
    this.#options = options
    const { plan, share, scenario } = options
    this.recorder.level('connected', () => this.#connected)
    const crew: Crew = {
      ...options,
      recorder: this.recorder,
      random: randomOf(plan.seed, `crew ${share.from}`),
      devices: this.#devices,
    }
    this.#act = scenario.act(crew)
  }

  /** Resolves when all are connected. @throws Failure where the server wants one of them never to come */
  async assemble(): Promise<void> {
    const { plan, share, signal } = this.#options
    const clientOptions = this.#clientOptions()
    const many = share.to - share.from
    const beginMs = performance.now()
    for (let nth = share.from; nth < share.to; nth += 1) {
      const dueMs = beginMs + (plan.ramp * 1_000 * (nth - share.from)) / many
      while (performance.now() < dueMs || this.#coming.size >= comingMax) await this.#moment(1)
      signal.throwIfAborted()
      this.#coming.add(nth)
      this.#admit(nth, clientOptions).catch((error: unknown) => {
        this.#failure ??= error
      })
    }
    this.#pulse = setInterval(() => this.#checkPulses(), pulseIntervalMs)
    while (this.#connected < many) await this.#moment(10)
  }

  async perform(): Promise<void> {
    await this.#act.perform()
  }

  /** Resolves when everybody has come to the end of what it watches, or does not come any further. */
  async settle(ends: Ends): Promise<void> {
    const givesUpAtMs = performance.now() + patienceMs
    while (
      this.#devices.some((device) => device.isBehind(ends)) &&
      performance.now() < givesUpAtMs
    ) {
      await sleep(50, undefined, { signal: this.#options.signal })
    }
  }

  testify(): ReturnType<Act['testify']> {
    return this.#act.testify()
  }

  leave(): void {
    clearInterval(this.#pulse)
    for (const device of this.#devices) device.leave()
  }

  async #admit(nth: number, options: LoadClientOptions): Promise<void> {
    const { user, roles, channels } = this.#act.cast(nth)
    const token = user === undefined ? undefined : await this.#options.tokens(user, roles)
    const { sources } = this.#options.plan.servers
    const device = new LoadClient(options, nth, token, sources[nth % sources.length])
    for (const channel of channels) device.subscribe(channel)
    this.#devices.push(device)
    device.connect()
  }

  #clientOptions(): LoadClientOptions {
    const { plan, share } = this.#options
    const codec = plan.encoding === 'json' ? jsonClientCodec : msgpackClientCodec
    return {
      endpoints: plan.servers.urls.map((url) => endpointOf(websocketUrl(url), codec.subprotocol)),
      codec,
      frames: createFrameReader(codec),
      observer: this.#observer(),
      random: randomOf(plan.seed, `devices ${share.from}`),
    }
  }

  #observer(): LoadObserver {
    const { recorder } = this
    const { observer = {} } = this.#act
    return {
      connected: (client, hello, sinceMs) => {
        this.#connected += 1
        this.#coming.delete(client.nth)
        recorder.count('connects')
        recorder.time('connect', performance.now() - sinceMs)
        observer.connected?.(client, hello, sinceMs)
      },
      disconnected: (client, end) => {
        this.#lost(end)
        observer.disconnected?.(client, end)
      },
      subscribed: (client, channel, result) => {
        recorder.count('deliveries', result.publications?.length ?? 0)
        if (result.was_recovering === true) {
          recorder.count(result.recovered === true ? 'recovered' : 'snapshots')
        }
        observer.subscribed?.(client, channel, result)
      },
      refused: (client, channel, error) => {
        recorder.error(`subscribe: ${error.message} (${error.code})`)
        observer.refused?.(client, channel, error)
      },
      published: (client, channel, publication) => {
        recorder.count('deliveries')
        this.#timeDelivery(channel, publication)
        observer.published?.(client, channel, publication)
      },
    }
  }

  #lost(end: Ending): void {
    const { code, reason, wasConnected, isFinal } = end
    if (wasConnected) {
      this.#connected -= 1
      this.recorder.count('disconnects')
    }
    if (code === CLOSES.normal || reason === droppedOnPurpose) return
    if (isFinal) this.#failure ??= turnedAway(end)
    this.recorder.error(code === CLOSES.broken ? reason : `closed: ${reason} (${code})`)
  }

  /** Waits while devices come, unless that is in vain. */
  async #moment(ms: number): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    await sleep(ms, undefined, { signal: this.#options.signal })
  }

  /** A lot says when its owner made the view; that clock and ours are one, or kept together by NTP. */
  #timeDelivery(channel: string, { data }: Publication): void {
    if (!channel.startsWith('lot:')) return
    const { lot, fromSeq } = data as LotPublication
    if (fromSeq !== undefined) this.recorder.count('conflated')
    const nowMs = performance.timeOrigin + performance.now()
    this.recorder.time('delivery', Math.max(0, nowMs - lot.serverTime))
  }

  #checkPulses(): void {
    const nowMs = performance.now()
    for (const device of this.#devices) device.checkPulse(nowMs)
  }
}

function turnedAway({ code, reason }: Ending): Failure {
  return new Failure(`The server turns devices away for good: ${reason} (${code}).`, {
    hint: 'Look at the tokens (--token-url, JWT_SECRET) and at the limits of the server.',
  })
}
