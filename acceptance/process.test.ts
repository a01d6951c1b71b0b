// `npm start` as an operator meets it: killed, stopped, started twice, started wrongly.
import { randomUUID } from 'node:crypto'
import { chmod, mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { z } from 'zod'
import { createHttpClient } from '../loadtest/http-client.ts'
import { tokensFrom } from '../loadtest/tokens.ts'
import { ConnectionLost, connectWire, type WireClient } from '../loadtest/wire-client.ts'
import { waitFor } from '../platform/testing/wait-for.ts'
import type { BidAccepted, BidOutcome } from '../protocol/auction.ts'
import type { PlaceBid } from '../protocol/auction-requests.ts'
import { lotChannel, userChannel } from '../protocol/channels.ts'
import { endProcesses, startProcess } from './testing/process.ts'
import { lotOf, lotTerms } from './testing/server.ts'

type Bid = z.input<typeof PlaceBid>

const unlimited = {
  LIMIT_BIDS_PER_USER: 'off',
  LIMIT_BIDS_PER_USER_ALL_LOTS: 'off',
  LIMIT_COMMANDS_PER_CONNECTION: 'off',
}
const ofThisFile = { timeout: 120_000 }

async function people(url: string) {
  const tokens = tokensFrom(`${url}/v1/dev/token`)
  const websocketUrl = `${url.replace('http', 'ws')}/connection/websocket`
  return {
    sam: createHttpClient(url, await tokens('sam', ['seller'])),
    arrive: async (user: string) => connectWire({ url: websocketUrl, token: await tokens(user) }),
  }
}

async function openLotOn(url: string): Promise<string> {
  const { sam } = await people(url)
  const { lotId } = lotOf(await sam.call('POST', '/v1/lots', lotTerms()))
  await sam.call('POST', `/v1/lots/${lotId}/publish`, {})
  return lotId
}

/** Every seq of the lot's history, page by page. */
async function allSeqs(client: WireClient, lotId: string): Promise<number[]> {
  const seqs: number[] = []
  for (;;) {
    const since = { offset: seqs.at(-1) ?? 0 }
    const page = await client.request('history', { channel: lotChannel(lotId), limit: 300, since })
    if (page.publications.length === 0) return seqs
    seqs.push(...page.publications.map(({ offset }) => offset ?? 0))
  }
}

async function takePort(): Promise<{ readonly taken: Server; readonly port: number }> {
  const taken = createServer()
  await new Promise<void>((resolve) => {
    taken.listen(0, resolve)
  })
  const { port } = taken.address() as { readonly port: number }
  return { taken, port }
}

async function freePort(): Promise<number> {
  const { taken, port } = await takePort()
  taken.close()
  return port
}

describe('the all-in-one process', ofThisFile, () => {
  let folder = ''
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'outcry-process-'))
    // PostgreSQL runs as another user where the tests run as root, and must get through.
    await chmod(folder, 0o755)
  })
  afterEach(async () => {
    await endProcesses()
    await rm(folder, { recursive: true, force: true })
  })

  const start = (env: Readonly<Record<string, string>> = {}) =>
    startProcess({ OUTCRY_DATA: join(folder, 'data'), ...env })

  test('I1: whatever was acknowledged before kill -9 is there after it, once', async () => {
    const first = start(unlimited)
    const url = await first.ready()
    const lotId = await openLotOn(url)
    const { arrive } = await people(url)
    const acknowledged: { readonly user: string; readonly outcome: BidAccepted }[] = []
    const unanswered: { readonly user: string; readonly bid: Bid }[] = []

    // Four bidders bid as fast as they are answered, until the process is gone.
    async function bidUntilTheEnd(user: string, offset: number): Promise<void> {
      const client = await arrive(user)
      for (let amount = 1_000 + offset; ; amount += 1_000) {
        const bid = { lotId, clientBidId: randomUUID(), amount, currency: 'USD' }
        try {
          const outcome = (await client.rpc('bid.place', bid)) as BidOutcome
          if (outcome.outcome === 'accepted') acknowledged.push({ user, outcome })
        } catch (error) {
          if (!(error instanceof ConnectionLost)) throw error
          unanswered.push({ user, bid })
          return
        }
      }
    }
    const users = ['ann', 'bob', 'cleo', 'dan']
    const bidders = users.map((user, at) => bidUntilTheEnd(user, at))
    await waitFor(() => acknowledged.length >= 200, { timeoutMs: 60_000 })
    first.child.kill('SIGKILL')
    expect(await first.ended).toBe('SIGKILL')
    await Promise.all(bidders)

    const second = start(unlimited)
    const { arrive: comeBack, sam } = await people(await second.ready())
    const { bidCount } = (await sam.call('GET', `/v1/lots/${lotId}`)) as { bidCount: number }
    expect(bidCount).toBeGreaterThanOrEqual(acknowledged.length)
    expect(bidCount).toBeLessThanOrEqual(acknowledged.length + unanswered.length)

    const ann = await comeBack('ann')
    const seqs = await allSeqs(ann, lotId)
    expect(seqs).toEqual(Array.from({ length: seqs.length }, (_, at) => at + 1))

    const back = new Map(
      await Promise.all(users.map(async (user) => [user, await comeBack(user)] as const)),
    )
    for (const { user, outcome } of acknowledged) {
      const { clientBidId, yourMax: amount } = outcome
      const bid = { lotId, clientBidId, amount, currency: 'USD' }
      expect(await back.get(user)?.rpc('bid.place', bid)).toEqual({ ...outcome, replayed: true })
    }
    // A bid whose answer was lost is sent again under its id until its outcome is known, and has one.
    for (const { user, bid } of unanswered) {
      const outcome = (await back.get(user)?.rpc('bid.place', bid)) as BidOutcome
      expect(await back.get(user)?.rpc('bid.place', bid)).toEqual({ ...outcome, replayed: true })
    }
    for (const client of back.values()) await client.close()
    await ann.close()
    second.child.kill('SIGTERM')
    expect(await second.ended).toBe(0)
  })

  test('Ctrl-C drains: clients are told to come back, and a second start finds everything', async () => {
    const first = start()
    const url = await first.ready()
    const lotId = await openLotOn(url)
    const ann = await (await people(url)).arrive('ann')
    const bid = { lotId, clientBidId: randomUUID(), amount: 5_000, currency: 'USD' }
    const outcome = await ann.rpc('bid.place', bid)
    expect(outcome).toMatchObject({ outcome: 'accepted' })
    first.child.kill('SIGINT')
    expect(await ann.closed).toMatchObject({ code: 3001 })
    expect(await first.ended).toBe(0)
    expect(first.said()).toContain('Draining')

    const secret = join(folder, 'data', 'jwt-secret')
    expect((await stat(secret)).mode & 0o777).toBe(0o600)
    expect(first.said()).not.toContain((await readFile(secret, 'utf8')).trim())

    const second = start()
    const again = await (await people(await second.ready())).arrive('ann')
    expect(again.hello.subs).toHaveProperty(userChannel('ann'))
    expect(await again.rpc('bid.place', bid)).toEqual({ ...(outcome as object), replayed: true })
    await again.close()
    second.child.kill('SIGTERM')
    expect(await second.ended).toBe(0)
  })

  test('what it prints to try can be tried', async () => {
    const outcry = start()
    const url = await outcry.ready()
    const token = /^TOKEN=(\S+)$/m.exec(outcry.said())?.[1] ?? ''
    const lot: unknown = JSON.parse(/-d '(.*)'$/m.exec(outcry.said())?.[1] ?? '{}')
    const alice = createHttpClient(url, token)
    const { lotId } = lotOf(await alice.call('POST', '/v1/lots', lot))
    const opened = lotOf(await alice.call('POST', `/v1/lots/${lotId}/publish`, {}))
    expect(opened).toMatchObject({ state: 'open', minNext: 1_000 })
    const metrics = /http:\/\/localhost:\d+\/metrics/.exec(outcry.said())?.[0] ?? ''
    expect(await (await fetch(metrics)).text()).toContain('process_cpu_seconds_total')
    outcry.child.kill('SIGTERM')
    expect(await outcry.ended).toBe(0)
  })

  test('goes on when whoever read its words has left', async () => {
    const port = await freePort()
    const outcry = start({ LOG_LEVEL: 'trace', PORT: String(port) })
    outcry.child.stdout?.destroy()
    outcry.child.stderr?.destroy()
    const url = `http://127.0.0.1:${port}`
    await waitFor(async () => (await fetch(`${url}/readyz`)).ok, { timeoutMs: 60_000 })
    await openLotOn(url)
    expect((await fetch(`${url}/readyz`)).status).toBe(200)
    outcry.child.kill('SIGTERM')
    expect(await outcry.ended).toBe(0)
  })

  test('a second start on the same data folder says so and leaves the first alone', async () => {
    const first = start()
    const url = await first.ready()
    const second = start()
    expect(await second.ended).not.toBe(0)
    expect(second.said()).toMatch(/Another Outcry .* is running on the data folder/)
    expect(second.said().trim().split('\n').length).toBeLessThanOrEqual(4)
    expect((await fetch(`${url}/readyz`)).status).toBe(200)
    first.child.kill('SIGTERM')
    expect(await first.ended).toBe(0)
  })

  test('a bad configuration names every bad variable and exits with 78', async () => {
    const wrong = start({
      PORT: 'eighty',
      METRICS_PORT: '-1',
      ANONYMOUS: 'maybe',
      JWT_SECRET: 'short',
    })
    expect(await wrong.ended).toBe(78)
    for (const name of ['PORT', 'METRICS_PORT', 'ANONYMOUS', 'JWT_SECRET']) {
      expect(wrong.said()).toMatch(new RegExp(`^ *${name}: `, 'm'))
    }
    expect(wrong.said()).not.toContain('short')
    expect(wrong.said()).not.toContain('    at ')
  })

  test('a port in use: one sentence, and nothing is left running', async () => {
    const { taken, port } = await takePort()
    const late = start({ PORT: String(port) })
    expect(await late.ended).toBe(69)
    expect(late.said()).toContain(String(port))
    expect(late.said()).not.toContain('    at ')
    taken.close()
    // The data folder is free again.
    const second = start()
    await second.ready()
    second.child.kill('SIGTERM')
    expect(await second.ended).toBe(0)
  })

  test('a database that cannot be reached: one sentence that tells no password', async () => {
    const alone = start({
      DATABASE_URL: 'postgresql://outcry:hunter2@127.0.0.1:1/outcry',
      JWT_SECRET: 's'.repeat(32),
    })
    expect(await alone.ended).toBe(69)
    expect(alone.said()).toMatch(/127\.0\.0\.1:1\b/)
    expect(alone.said()).not.toContain('hunter2')
    expect(alone.said()).not.toContain('    at ')
  })
})
