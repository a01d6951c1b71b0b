// A whole load test: the stage is made, devices come, do what the scenario says, are asked what they saw,
// and leave.
import { performance } from 'node:perf_hooks'
import { Failure } from '../../platform/failure.ts'
import { checkDatabase } from '../audit/with-database.ts'
import { createHttpClient, HttpError } from '../http-client.ts'
import { SCENARIOS } from '../scenarios/scenarios.ts'
import { type ServerCost, ServersWatch } from '../servers-watch.ts'
import { type TokenSource, tokensOf } from '../tokens.ts'
import { Desertion } from './desertion.ts'
import { endsOf, judge } from './judging.ts'
import type { AnyPlan, Plan } from './plan.ts'
import {
  type Audit,
  type House,
  houseUser,
  type Scenario,
  type Stage,
  type Testimony,
} from './scenario.ts'
import { type Phase, type Second, Timeline } from './timeline.ts'
import { Workers } from './workers.ts'

export interface RunOptions {
  readonly plan: Plan
  readonly tokens: TokenSource
  /** Told each second. */
  readonly onProgress: (progress: Progress) => void
  /** Ends the run as it stands; its reason is the Failure that says why. */
  readonly signal: AbortSignal
}

export interface Progress {
  readonly phase: Phase
  readonly secondsInPhase: number
  /** The newest whole one. */
  readonly second: Second | undefined
  /** Since the run began, by kind. */
  readonly errors: ReadonlyMap<string, number>
}

export interface RunResult {
  readonly timeline: Timeline
  /** What a device costs each process of the load test, in bytes; empty where they were not all there. */
  readonly bytesPerDevice: readonly number[]
  /** What they cost the servers, where those were watched. */
  readonly serverCosts: readonly ServerCost[]
  /** Undefined where there was nothing to judge, or nobody to ask. */
  readonly audit: Audit | undefined
  /** Why it ended before its time; undefined where it did not. What was measured until then is there. */
  readonly brokenOff: Failure | undefined
}

const progressIntervalMs = 1_000

/** @throws Failure where it can not begin: no server, no tokens, no lots, no database where one is named */
export async function run(options: RunOptions): Promise<RunResult> {
  const { plan, tokens, signal } = options
  const scenario = SCENARIOS[plan.scenario]
  const house = await houseOf(options)
  const { databaseUrl } = plan.servers
  if (databaseUrl !== undefined) await checkDatabase(databaseUrl)
  const timeline = new Timeline(performance.now())
  const watch = await ServersWatch.begin(plan.servers.metricsUrls, (name, reading) =>
    timeline.read(name, reading, performance.now()),
  )
  try {
    const stage = await scenario.prepare(house, plan).catch((error: unknown) => {
      throw error instanceof HttpError ? turnedAway(plan, error) : error
    })
    signal.throwIfAborted()
    return await new Performance({ ...options, scenario, house, stage, timeline, watch }).run(
      tokens,
    )
  } finally {
    watch.stop()
  }
}

async function houseOf({ plan, tokens }: RunOptions): Promise<House> {
  const [url = ''] = plan.servers.urls
  const mint = tokensOf(tokens)
  const token = await mint(houseUser, ['seller', 'service'])
  return { http: createHttpClient(url, token), tokens: mint }
}

/** Why nothing could begin, for the operator. */
export function turnedAway({ servers }: AnyPlan, error: HttpError): Failure {
  const isAboutTokens = error.status === 401 || error.status === 403
  return new Failure(
    `The server at ${servers.urls[0]} does not let the test begin: ${error.message}.`,
    {
      ...(isAboutTokens
        ? {
            hint: 'Are the tokens its own? Set JWT_SECRET to its secret, or name its mint by --token-url.',
          }
        : {}),
      cause: error,
    },
  )
}

interface PerformanceOptions extends RunOptions {
  readonly scenario: Scenario
  readonly house: House
  readonly stage: Stage
  readonly timeline: Timeline
  readonly watch: ServersWatch
}

/** One run, from when the stage is there. */
class Performance {
  readonly #options: PerformanceOptions
  readonly #testimony: Testimony[] = []
  readonly #desertion: Desertion
  #phaseBeganMs = performance.now()
  #bytesPerDevice: readonly number[] = []
  #serverCosts: readonly ServerCost[] = []
  #audit: Audit | undefined

  constructor(options: PerformanceOptions) {
    this.#options = options
    this.#desertion = new Desertion(performance.now(), options.plan)
  }

  async run(tokens: TokenSource): Promise<RunResult> {
    const { plan, stage, timeline } = this.#options
    const workers = new Workers({
      plan,
      tokens,
      stage,
      onSample: (process, sample) => timeline.add(process, sample, performance.now()),
      onTestimony: (some) => void this.#testimony.push(...some),
    })
    let progressing: NodeJS.Timeout | undefined
    const brokenOff = new Promise<never>((_, reject) => {
      const { signal } = this.#options
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
      progressing = setInterval(() => {
        this.#tellProgress()
        const deserted = this.#desertion.failureAt(performance.now(), timeline)
        if (deserted !== undefined) reject(deserted)
      }, progressIntervalMs)
    })
    try {
      const why = await Promise.race([this.#all(workers), brokenOff]).then(
        () => undefined,
        failureIn,
      )
      const costs = { bytesPerDevice: this.#bytesPerDevice, serverCosts: this.#serverCosts }
      return { timeline, ...costs, audit: this.#audit, brokenOff: why }
    } finally {
      clearInterval(progressing)
      await workers.leave()
    }
  }

  async #all(workers: Workers): Promise<void> {
    const { scenario, plan, house, stage, watch } = this.#options
    this.#bytesPerDevice = await workers.assemble()
    await watch.read()
    this.#serverCosts = watch.costs()
    this.#enter('perform')
    await workers.perform()
    this.#enter('audit')
    const ends = await endsOf(scenario, { plan, house, stage })
    await workers.testify(ends)
    this.#audit = await judge(scenario, { plan, house, stage, ends, testimony: this.#testimony })
  }

  #enter(phase: Phase): void {
    const nowMs = performance.now()
    this.#options.timeline.enter(phase, nowMs)
    this.#phaseBeganMs = nowMs
  }

  #tellProgress(): void {
    const { timeline, onProgress } = this.#options
    const { phase, latest, whole } = timeline
    const secondsInPhase = (performance.now() - this.#phaseBeganMs) / 1_000
    onProgress({ phase, secondsInPhase, second: latest, errors: whole.errors })
  }
}

/** What the server refuses halfway ends a run as what is lost does; anything else is a fault of ours. */
function failureIn(error: unknown): Failure {
  if (error instanceof Failure) return error
  if (error instanceof HttpError) return new Failure(error.message, { cause: error })
  throw error
}
