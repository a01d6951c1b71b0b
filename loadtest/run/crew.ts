// The devices of one process: they come one after the other over the ramp, stay, and are counted.
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { Failure } from '../../platform/failure.ts'
import type { LotPublication } from '../../protocol/auction.ts'
import { jsonClientCodec, msgpackClientCodec } from '../../protocol/client-codec.ts'
import { CLOSE_CODES } from '../../protocol/close-codes.ts'
import type { Publication } from '../../protocol/frames.ts'
import { createFrameReader } from '../client/frame-memory.ts'
import { CLOSES } from '../client/frames.ts'
import { endpointOf } from '../client/light-socket.ts'
import { droppedOnPurpose, LoadClient, type LoadClientOptions } from '../client/load-client.ts'
import type { Ending, LoadObserver } from '../client/load-observer.ts'
import type { Tokens } from '../tokens.ts'
import { Recorder } from './measures.ts'
import { type Plan, type Share, websocketUrl } from './plan.ts'
import { randomOf } from './random.ts'
import type { Act, Crew, Ends, Scenario, Stage } from './scenario.ts'
import { sourcesOf } from './sources.ts'

export interface CrewOptions {
  readonly scenario: Scenario
  readonly plan: Plan
  readonly stage: Stage
  readonly share: Share
  readonly tokens: Tokens
  readonly signal: AbortSignal
  /** Default: longer than the pings after which a lost connection is noticed, and the longest pause of a device. */
  readonly patienceMs?: number
}

/** Connections being made at a time: a server takes them in turn, and more would only wait in the kernel. */
const comingMax = 256
const pulseIntervalMs = 5_000
const lookEveryMs = 50
const patienceMsDefault = 60_000

export class DeviceCrew {
  readonly recorder = new Recorder()
  readonly #options: CrewOptions
  readonly #act: Act
  readonly #devices: LoadClient[] = []
  readonly #sources: readonly string[]
  readonly #patienceMs: number
  #connected = 0
  /** Those that have not been connected yet, and when they were due. */
  readonly #coming = new Map<number, number>()
  /** Those that lost the connection and have not got all their streams again. */
  readonly #away = new Set<number>()
  #failure: unknown
  #pulse: NodeJS.Timeout | undefined

  constructor(options: CrewOptions) {
    this.#options = options
    const { plan, share, scenario, patienceMs = patienceMsDefault } = options
    this.#patienceMs = patienceMs
    this.#sources = sourcesOf(plan)
    this.recorder.level('connected', () => this.#connected)
    const crew: Crew = {
      ...options,
      patienceMs,
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
      this.#coming.set(nth, dueMs)
      this.#admit(nth, clientOptions).catch((error: unknown) => {
        this.#failure ??= error
      })
    }
    this.#pulse = setInterval(() => this.#checkPulses(), pulseIntervalMs)
    while (this.#connected < many) await this.#moment(10)
  }

  /** Resolves when all is done, and whoever lost the connection is back: those who take longest are measured as well. */
  async perform(): Promise<void> {
    await this.#act.perform()
    const givesUpAtMs = performance.now() + this.#patienceMs
    while (this.#away.size > 0 && performance.now() < givesUpAtMs) {
      await sleep(lookEveryMs, undefined, { signal: this.#options.signal })
    }
    this.#away.forEach(() => this.recorder.error('devices that did not come back'))
  }

  /** Resolves when everybody has come to the end of what it watches, or nobody comes any further. */
  async settle(ends: Ends): Promise<void> {
    let least = Number.POSITIVE_INFINITY
    let givesUpAtMs = 0
    for (;;) {
      const lag = this.#devices.reduce((sum, device) => sum + device.lagTo(ends), 0)
      const nowMs = performance.now()
      if (lag < least) givesUpAtMs = nowMs + this.#patienceMs
      least = Math.min(least, lag)
      if (lag === 0 || nowMs >= givesUpAtMs) return
      await sleep(lookEveryMs, undefined, { signal: this.#options.signal })
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
    const device = new LoadClient(options, nth, token, this.#sources[nth % this.#sources.length])
    for (const channel of channels) device.subscribe(channel)
    // Tokens do not come in the order in which they were asked for.
    this.#devices[nth - this.#options.share.from] = device
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
        // Who had to wait until others were in has waited for the server as well.
        const dueMs = this.#coming.get(client.nth) ?? sinceMs
        this.#coming.delete(client.nth)
        recorder.count('connects')
        recorder.time('connect', performance.now() - dueMs)
        observer.connected?.(client, hello, sinceMs)
      },
      disconnected: (client, end) => {
        this.#lost(client.nth, end)
        observer.disconnected?.(client, end)
      },
      returned: (client, ms) => {
        this.#away.delete(client.nth)
        recorder.time('recovery', ms)
        observer.returned?.(client, ms)
      },
      subscribed: (client, channel, result) => {
        recorder.count('deliveries', result.publications?.length ?? 0)
        if (result.was_recovering === true) {
          recorder.count(result.recovered === true ? 'recovered' : 'snapshots')
        }
        observer.subscribed?.(client, channel, result)
      },
      readsBack: (client, channel) => {
        recorder.count('read_back')
        observer.readsBack?.(client, channel)
      },
      refused: (client, channel, error) => {
        recorder.error(`subscribe: ${error.message} (${error.code})`)
        observer.refused?.(client, channel, error)
      },
      published: (client, channel, publication) => {
        recorder.count('deliveries')
        this.#timeDelivery(client.nth, channel, publication)
        observer.published?.(client, channel, publication)
      },
    }
  }

  #lost(nth: number, end: Ending): void {
    const { code, reason, wasConnected, isFinal } = end
    if (wasConnected) {
      this.#connected -= 1
      this.recorder.count('disconnects')
      this.#away.add(nth)
    }
    if (isFinal) this.#away.delete(nth)
    if (code === CLOSES.normal || reason === droppedOnPurpose) return
    if (code === CLOSE_CODES.slow.code && this.#act.isSlow?.(nth) === true) {
      this.recorder.count('closed_slow')
      return
    }
    if (isFinal || isOverLimit(end)) this.#failure ??= turnedAway(end)
    this.recorder.error(code === CLOSES.broken ? reason : `closed: ${reason} (${code})`)
  }

  /** Waits while devices come, unless that is in vain. */
  async #moment(ms: number): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    await sleep(ms, undefined, { signal: this.#options.signal })
  }

  /** A lot says when its owner made the view; that clock and ours are one, or kept together by NTP. */
  #timeDelivery(nth: number, channel: string, { data }: Publication): void {
    if (!channel.startsWith('lot:')) return
    const { lot, fromSeq } = data as LotPublication
    if (fromSeq !== undefined) this.recorder.count('conflated')
    const ms = performance.timeOrigin + performance.now() - lot.serverTime
    // It was not heard before it was said: whatever this clock measures of that one, it is no time.
    if (ms < 0)
      return this.recorder.error('deliveries from a clock that is ahead of ours, not timed')
    const isSlow = this.#act.isSlow?.(nth) === true
    this.recorder.time(isSlow ? 'slow_delivery' : 'delivery', ms)
  }

  #checkPulses(): void {
    const nowMs = performance.now()
    for (const device of this.#devices) device.checkPulse(nowMs)
  }
}

/** More connections than one address may have: that passes for no load test. */
function isOverLimit({ reason, wasConnected }: Ending): boolean {
  return !wasConnected && reason.startsWith('HTTP 429')
}

function turnedAway(end: Ending): Failure {
  const { code, reason } = end
  const says = code === CLOSES.broken ? reason : `${reason} (${code})`
  return new Failure(`The server turns devices away for good: ${says}.`, { hint: hintOn(end) })
}

function hintOn(end: Ending): string {
  if (isOverLimit(end) || end.code === CLOSE_CODES.connection_limit.code) {
    return 'Set LIMIT_CONNECTIONS_PER_ADDRESS and LIMIT_CONNECTIONS_PER_USER of the gateways to off (npm run cluster -- --unlimited), or name more addresses by --source.'
  }
  if (end.code === CLOSE_CODES.stale.code) {
    return 'Devices said nothing for too long after they had connected: this machine is too slow for so many at once. Give a longer --ramp.'
  }
  return 'Look at the tokens (--token-url, JWT_SECRET) and at the limits of the server.'
}
