// What a crew does when the server stalls, puts off, refuses, or turns everybody away: a server played by the test.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { Failure } from '../../platform/failure.ts'
import { waitFor } from '../../platform/testing/wait-for.ts'
import type { BidTestimony } from '../scenarios/bids.ts'
import { SCENARIOS } from '../scenarios/scenarios.ts'
import { type Play, type PlayedServer, playServer } from '../testing/played-server.ts'
import { smallPlan } from '../testing/run-here.ts'
import { DeviceCrew } from './crew.ts'
import { Tally } from './measures.ts'
import type { Plan } from './plan.ts'

const lotId = '01890000-0000-7000-8000-000000000001'
let server: PlayedServer | undefined
let crew: DeviceCrew | undefined

afterEach(async () => {
  crew?.leave()
  await server?.stop()
})

const lot = { lotId, seq: 0, price: 1, serverTime: 0 }
const subscribed = { subscribe: { recoverable: true, offset: 0, epoch: 'e', data: { lot } } }
const taken = { rpc: { data: { outcome: 'accepted', lotId, serverTime: 0, seq: 1 } } }
const refusedBy = (code: string) => ({
  rpc: { data: { outcome: 'refused', code, lotId, serverTime: 0, retryable: true } },
})

async function gather(
  play: Play,
  changed: Partial<Plan> = {},
  patienceMs?: number,
): Promise<DeviceCrew> {
  server = await playServer((command) =>
    command.name === 'subscribe' ? subscribed : play(command),
  )
  const plan = smallPlan({ scenario: 'auction', connections: 4, ...changed }, server.url)
  crew = crewOn(plan, patienceMs)
  return crew
}

function crewOn(plan: Plan, patienceMs = 10_000): DeviceCrew {
  return new DeviceCrew({
    scenario: SCENARIOS.auction,
    plan,
    stage: { runId: 'r', lots: [lotId], conversations: [], madeAtMs: Date.now() },
    share: { from: 0, to: plan.connections },
    tokens: async () => 'token',
    signal: new AbortController().signal,
    patienceMs,
  })
}

function measuredBy({ recorder }: DeviceCrew): Tally {
  const tally = new Tally()
  tally.add(recorder.take())
  return tally
}

function bidsOf(of: DeviceCrew): readonly BidTestimony[] {
  const all = [...of.testify()].flat()
  return all.filter((each) => each['type'] === 'bid') as BidTestimony[]
}

test('a server that answers nothing for a second has all who bid meanwhile wait in the percentiles', async () => {
  const stallMs = 1_000
  const bidders = await gather(() => taken, { duration: 2, rate: 200 })
  await bidders.assemble()
  const performed = bidders.perform()
  await waitFor(() => (server?.asked.length ?? 0) > 50)
  server?.stall()
  await sleep(stallMs)
  server?.goOn()
  await performed
  const { count = 0, p50 = 0, p90 = 0 } = measuredBy(bidders).latency('bid') ?? {}
  expect(count).toBe(new Set(bidsOf(bidders).map(({ clientBidId }) => clientBidId)).size)
  // Half of all bids fell into the stall, evenly: of each five, one waited for most of it. Whoever asks only when
  // it is answered would have had four of four hundred wait.
  expect(p90).toBeGreaterThan(stallMs / 2)
  expect(p50).toBeLessThan(p90)
}, 60_000)

test('what is put off, or lost, is asked again under its id and counted once', async () => {
  const answers: readonly (object | 'lost')[] = [refusedBy('overloaded'), 'lost', taken]
  const times = new Map<unknown, number>()
  const bidders = await gather(
    ({ params }) => {
      const { clientBidId } = (params as { readonly data: { readonly clientBidId: string } }).data
      const nth = times.get(clientBidId) ?? 0
      times.set(clientBidId, nth + 1)
      return answers[Math.min(nth, answers.length - 1)] ?? taken
    },
    { duration: 1, rate: 5 },
  )
  await bidders.assemble()
  await bidders.perform()
  const { counts } = measuredBy(bidders)
  const sent = counts.get('sent') ?? 0
  expect(sent).toBeGreaterThan(0)
  expect(counts.get('accepted')).toBe(sent)
  expect(counts.get('refused')).toBeUndefined()
  expect(counts.get('asked_again')).toBeGreaterThanOrEqual(2 * sent)
  const testimony = bidsOf(bidders)
  expect(new Set(testimony.map(({ clientBidId }) => clientBidId)).size).toBe(sent)
  // One without an answer may follow each loss: that one is in doubt until the next says more.
  for (const id of times.keys()) {
    const of = testimony.filter(({ clientBidId }) => clientBidId === id)
    expect(of[0]?.answer).toMatchObject({ outcome: 'refused', code: 'overloaded' })
    expect(of.at(-1)?.answer).toMatchObject({ outcome: 'accepted' })
    expect(of.some(({ answer }) => answer === undefined)).toBe(true)
  }
}, 60_000)

test('a bid that is never answered is in doubt, and has waited for as long as anybody did', async () => {
  const bidders = await gather(() => taken, { duration: 1, rate: 20 }, 500)
  await bidders.assemble()
  await waitFor(() => server?.asked.length === 4)
  server?.stall()
  await bidders.perform()
  server?.goOn()
  const measured = measuredBy(bidders)
  const { counts, errors } = measured
  const sent = counts.get('sent') ?? 0
  expect(sent).toBeGreaterThan(0)
  expect(errors.get('commands of which nobody knows what became')).toBe(sent)
  expect(measured.latency('bid')?.count).toBe(sent)
  const testimony = bidsOf(bidders)
  expect(testimony).toHaveLength(sent)
  for (const { answer } of testimony) expect(answer).toBeUndefined()
}, 60_000)

test('a verdict against a bid is an answer, and is told by its code', async () => {
  const bidders = await gather(() => refusedBy('bid_too_low'), { duration: 1, rate: 20 })
  await bidders.assemble()
  await bidders.perform()
  const { counts, errors } = measuredBy(bidders)
  expect(counts.get('refused')).toBe(counts.get('sent'))
  expect(errors.get('bid.place: bid_too_low')).toBe(counts.get('sent'))
  expect(counts.get('asked_again')).toBeUndefined()
}, 60_000)

test('a server that turns everybody away for good ends the run by a sentence', async () => {
  const turnedAway = { error: { code: 101, message: 'unauthorized' } }
  const strangers = await gather(() => taken)
  server?.greetBy(turnedAway)
  await expect(strangers.assemble()).rejects.toThrow(Failure)
}, 60_000)

test('a server that has enough connections of one address ends the run, and says how to have more', async () => {
  const full = createServer((_, answer) => answer.end())
  full.on('upgrade', (_, socket) => {
    const says = 'Too many connections from this address.'
    const head = ['HTTP/1.1 429 Too Many Requests', 'Content-Type: text/plain; charset=utf-8']
    socket.end([...head, `Content-Length: ${says.length}`, '', says].join('\r\n'))
  })
  full.listen(0, '127.0.0.1')
  await once(full, 'listening')
  try {
    const url = `http://127.0.0.1:${(full.address() as AddressInfo).port}`
    crew = crewOn(smallPlan({ scenario: 'auction', connections: 4 }, url))
    await expect(crew.assemble()).rejects.toThrow('429: Too many connections from this address.')
    await expect(crew.assemble()).rejects.toMatchObject({ text: expect.stringContaining('LIMIT_') })
  } finally {
    full.close()
  }
}, 60_000)

test('whoever loses the connection is missed, comes back, and is timed until its stream is there', async () => {
  const devices = await gather(() => taken, { connections: 3 })
  await devices.assemble()
  const all = new Tally()
  const connectedNow = (): number | undefined => {
    const sample = devices.recorder.take()
    all.add(sample)
    return sample.levels.connected
  }
  server?.drop()
  await waitFor(() => connectedNow() === 0)
  await waitFor(() => connectedNow() === 3, { timeoutMs: 30_000 })
  await waitFor(() => connectedNow() === 3 && all.latency('recovery')?.count === 3)
  expect(all.counts.get('disconnects')).toBe(3)
}, 60_000)

test('who has lost the connection is waited for, and its way back is measured', async () => {
  const devices = await gather(() => taken, { connections: 3, duration: 1, rate: 5 })
  await devices.assemble()
  const performed = devices.perform()
  await waitFor(() => (server?.asked.length ?? 0) > 3)
  server?.drop()
  await performed
  expect(measuredBy(devices).latency('recovery')?.count).toBe(3)
}, 60_000)

test('what a clock ahead of ours says is told as that, and is no quick delivery', async () => {
  const devices = await gather(() => taken, { connections: 2 })
  await devices.assemble()
  await waitFor(() => server?.asked.length === 2)
  const aheadMs = 3_600_000
  for (const [seq, serverTime] of [Date.now() + aheadMs, Date.now() - aheadMs].entries()) {
    const data = { type: 'bid_placed', lot: { ...lot, seq, serverTime } }
    server?.push({ channel: `lot:${lotId}`, pub: { offset: seq, data } })
  }
  const all = new Tally()
  await waitFor(() => {
    all.add(devices.recorder.take())
    return all.counts.get('deliveries') === 4
  })
  expect(all.errors.get('deliveries from a clock that is ahead of ours, not timed')).toBe(2)
  expect(all.latency('delivery')?.count).toBe(2)
}, 60_000)

test('who has to wait until others are in is timed from when it was due', async () => {
  const devices = await gather(() => taken, { connections: 600 })
  server?.stallGreetings()
  const assembled = devices.assemble()
  await waitFor(() => (server?.greetingsHeld ?? 0) >= 256)
  const stallMs = 300
  await sleep(stallMs)
  server?.goOn()
  await assembled
  // Most came only when the first 256 were in.
  const { count, p50 = 0 } = measuredBy(devices).latency('connect') ?? {}
  expect(count).toBe(600)
  expect(p50).toBeGreaterThan(stallMs)
}, 60_000)
