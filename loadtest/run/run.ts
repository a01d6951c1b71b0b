// A whole load test: the stage is made, devices come, do what the scenario says, are asked what they saw,
// and leave.
import { performance } from 'node:perf_hooks'
import { Failure } from '../../platform/failure.ts'
import { createHttpClient } from '../http-client.ts'
import { SCENARIOS } from '../scenarios/scenarios.ts'
import { type TokenSource, tokensOf } from '../tokens.ts'
import type { Plan } from './plan.ts'
import type { Audit, Testimony } from './scenario.ts'
import { type Phase, Timeline } from './timeline.ts'
import { Workers } from './workers.ts'

export interface RunOptions {
  readonly plan: Plan
  readonly tokens: TokenSource
  /** Told of each change, and each second. */
  readonly onProgress: (progress: Progress) => void
  /** Ends the run as it stands. */
  readonly signal: AbortSignal
}

export interface Progress {
  readonly phase: Phase
  readonly timeline: Timeline
  readonly secondsInPhase: number
}

export interface RunResult {
  readonly timeline: Timeline
  /** Of the client, each process for itself. */
  readonly bytesPerDevice: readonly number[]
  /** Undefined where there was nothing to judge, or nobody to ask. */
  readonly audit: Audit | undefined
  /** Why it ended before its time; undefined where it did not. What was measured until then is there. */
  readonly brokenOff: Failure | undefined
}

const progressIntervalMs = 1_000

/** @throws Failure where it can not begin: no server, no tokens, no lots */
export async function run({ plan, tokens, onProgress, signal }: RunOptions): Promise<RunResult> {
  const scenario = SCENARIOS[plan.scenario]
  const [url = ''] = plan.servers.urls
  const mint = tokensOf(tokens)
  const http = createHttpClient(url, await mint('house', ['seller', 'service']))
  const house = { http, tokens: mint }
  const stage = await scenario.prepare(house, plan)
  const timeline = new Timeline(performance.now())
  const testimony: Testimony[] = []
  const workers = new Workers({
    plan,
    tokens,
    stage,
    onSample: (sample) => timeline.add(sample, performance.now()),
    onTestimony: (some) => void testimony.push(...some),
  })
  const interrupted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new Failure('The run was interrupted.')))
  })
  let sinceMs = performance.now()
  const enter = (phase: Phase) => {
    timeline.enter(phase)
    sinceMs = performance.now()
  }
  const watch = setInterval(() => {
    const secondsInPhase = (performance.now() - sinceMs) / 1_000
    onProgress({ phase: timeline.phase, timeline, secondsInPhase })
  }, progressIntervalMs)
  let bytesPerDevice: readonly number[] = []
  let audit: Audit | undefined
  const all = async () => {
    bytesPerDevice = await workers.assemble()
    enter('perform')
    await workers.perform()
    enter('audit')
    await workers.testify(await scenario.ends(house, stage))
    audit = await scenario.audit({ plan, house, stage, testimony })
  }
  try {
    const brokenOff = await Promise.race([all(), interrupted]).then(
      () => undefined,
      (error: unknown) => {
        if (error instanceof Failure) return error
        throw error
      },
    )
    return { timeline, bytesPerDevice, audit, brokenOff }
  } finally {
    clearInterval(watch)
    await workers.leave()
  }
}
