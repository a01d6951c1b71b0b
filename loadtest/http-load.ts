// The HTTP side of a server under load, by autocannon: a lot, its bids and a list of conversations are asked for
// in turn, over connections that are kept. It reports as a scenario does, but there is nothing to judge.
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { performance } from 'node:perf_hooks'
import autocannon from 'autocannon'
import { Failure } from '../platform/failure.ts'
import { createHttpClient, HttpError } from './http-client.ts'
import { Recorder } from './run/measures.ts'
import type { HttpPlan } from './run/plan.ts'
import { type RunOptions, type RunResult, turnedAway } from './run/run.ts'
import { Timeline } from './run/timeline.ts'
import { SCENARIOS } from './scenarios/scenarios.ts'
import { ServersWatch } from './servers-watch.ts'
import { tokensOf } from './tokens.ts'

export interface HttpLoadOptions extends Omit<RunOptions, 'plan'> {
  readonly plan: HttpPlan
}

/** So that a page of bids is one. */
const bidsMade = 20
const sampleIntervalMs = 1_000

/** @throws Failure where it can not begin */
export async function runHttpLoad(options: HttpLoadOptions): Promise<RunResult> {
  const { plan, signal } = options
  const requests = await prepareRequests(options).catch((error: unknown) => {
    throw error instanceof HttpError ? turnedAway(plan, error) : error
  })
  signal.throwIfAborted()
  const timeline = new Timeline(performance.now())
  const watch = await ServersWatch.begin(plan.servers.metricsUrls, (name, reading) =>
    timeline.read(name, reading, performance.now()),
  )
  timeline.enter('perform', performance.now())
  try {
    const brokenOff = await bombard(options, requests, timeline)
    return { timeline, bytesPerDevice: [], serverCosts: [], audit: undefined, brokenOff }
  } finally {
    watch.stop()
  }
}

async function prepareRequests({ plan, tokens }: HttpLoadOptions): Promise<autocannon.Request[]> {
  const [url = ''] = plan.servers.urls
  const mint = tokensOf(tokens)
  const token = await mint('http-load')
  const house = {
    http: createHttpClient(url, await mint('house', ['seller', 'service'])),
    tokens: mint,
  }
  const { lots } = await SCENARIOS.auction.prepare(house, { ...plan, scenario: 'auction', lots: 1 })
  const lot = `/v1/lots/${lots[0]}`
  const buyer = createHttpClient(url, token)
  for (let nth = 1; nth <= bidsMade; nth += 1) {
    const clientBidId = randomUUID()
    await buyer.call('POST', `${lot}/bids`, {
      clientBidId,
      amount: nth,
      currency: 'USD',
      kind: 'exact',
    })
  }
  await buyer.call('POST', '/v1/conversations', { peerId: 'house', lotId: lots[0] })
  const headers = { authorization: `Bearer ${token}` }
  return [lot, `${lot}/bids`, '/v1/conversations'].map((path) => ({ method: 'GET', path, headers }))
}

/** Resolves with what broke it off, where something did. */
async function bombard(
  { plan, signal, onProgress }: HttpLoadOptions,
  requests: autocannon.Request[],
  timeline: Timeline,
): Promise<Failure | undefined> {
  const { connections, duration, rate } = plan
  const recorder = new Recorder()
  recorder.level('connected', () => connections)
  const everyMs = (1_000 * Math.min(connections, rate)) / rate
  const options: autocannon.Options = {
    // It takes several and goes to them in turn, whatever its types say.
    url: [...plan.servers.urls] as unknown as string,
    connections,
    duration,
    overallRate: rate,
    requests,
  }
  // With a callback it tells of each answer; its promise would only tell of the end.
  const ended = new AbortController()
  const instance = autocannon(options, () => ended.abort())
  instance.on('response', (_client, status, _bytes, ms) => {
    recorder.count('sent')
    recorder.count(status < 400 ? 'accepted' : 'refused')
    recorder.timeAtPace('request', ms, everyMs)
    if (status >= 400) recorder.error(`HTTP ${status}`)
  })
  instance.on('reqError', (error: Error) => recorder.error(error.message))
  const sample = () => timeline.add(0, recorder.take(), performance.now())
  const beganMs = performance.now()
  const sampling = setInterval(() => {
    sample()
    const { phase, latest: second, whole } = timeline
    const secondsInPhase = (performance.now() - beganMs) / 1_000
    onProgress({ phase, second, secondsInPhase, errors: whole.errors })
  }, sampleIntervalMs)
  const stop = () => instance.stop()
  signal.addEventListener('abort', stop, { once: true })
  await once(ended.signal, 'abort')
  clearInterval(sampling)
  signal.removeEventListener('abort', stop)
  sample()
  if (signal.aborted) return signal.reason as Failure
  const { counts, errors } = timeline.whole
  if (counts.has('sent') || errors.size === 0) return undefined
  return new Failure(`The server answered no request: ${[...errors.keys()].join('; ')}.`)
}
