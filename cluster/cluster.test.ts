// `npm run cluster` as a process: what it starts, what it tells, and that nothing of it stays behind.
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createHttpClient } from '../loadtest/http-client.ts'
import { tokensFrom } from '../loadtest/tokens.ts'
import { isAlive } from '../platform/is-alive.ts'
import { waitFor } from '../platform/testing/wait-for.ts'
import type { BidOutcome, LotOutcome } from '../protocol/auction.ts'
import type { ClusterDescription } from './description.ts'
import {
  type ClusterProcess,
  described,
  pidsIn,
  startCluster,
  startClusterByNpm,
} from './testing/cluster-process.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'outcry-of-cluster-test-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function commandOf(pid: number): Promise<string> {
  if (process.platform === 'linux') {
    return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ').trim()
  }
  return (await promisify(execFile)('ps', ['-o', 'args=', '-p', String(pid)])).stdout.trim()
}

describe('a cluster of two gateways and two engines', { timeout: 120_000 }, () => {
  let cluster: ClusterProcess
  let told: ClusterDescription
  let json: string

  beforeAll(async () => {
    json = join(folder, 'cluster.json')
    const counts = ['--gateways', '2', '--engines', '2', '--chats', '1', '--notifiers', '1']
    cluster = startCluster([...counts, '--json', json, '--logs', join(folder, 'logs')])
    told = await described(cluster, json)
  }, 150_000)
  afterAll(async () => {
    cluster.child.kill('SIGKILL')
    await cluster.ended
  })

  /** An HTTP client of the gateway in the name of somebody with a development token. */
  async function speaking(gateway: number, user: string, ...roles: 'seller'[]) {
    const url = told.gateways[gateway]?.url ?? ''
    const token = await tokensFrom(`${url}/v1/dev/token`)(user, roles)
    return createHttpClient(url, token)
  }

  async function openLot(): Promise<string> {
    const seller = await speaking(0, 'ann', 'seller')
    const terms = { title: 'A lamp', currency: 'USD', format: 'english', startPrice: 1_000 }
    const times = { startsAt: 0, endsAt: Date.now() + 3_600_000 }
    const created = await seller.call('POST', '/v1/lots', { ...terms, ...times })
    const { lotId } = created as unknown as LotOutcome
    await seller.call('POST', `/v1/lots/${lotId}/publish`, {})
    return lotId
  }

  test('tells programs who is where: the processes of the roles themselves, and the servers', async () => {
    const { gateways, engines, chats, notifiers, nats, redis, postgres } = told
    const roles = { gateway: gateways, engine: engines, chat: chats, notifier: notifiers }
    expect(Object.values(roles).map(({ length }) => length)).toEqual([2, 2, 1, 1])
    for (const [role, places] of Object.entries(roles)) {
      for (const { pid, metricsUrl } of places) {
        expect(await commandOf(pid)).toMatch(new RegExp(`role\\.ts ${role}$`))
        expect((await fetch(`${metricsUrl}/readyz`)).status).toBe(200)
      }
    }
    for (const [server, { pid }] of Object.entries({ nats, redis, postgres })) {
      expect(await commandOf(pid)).toContain(server)
    }
    const client = new Client({ connectionString: postgres.url })
    await client.connect()
    expect((await client.query('SELECT count(*) FROM lots')).rowCount).toBe(1)
    await client.end()
    expect((await stat(json)).mode & 0o077).toBe(0)
  })

  test('tells people the same, and what to try', () => {
    const [gateway] = told.gateways
    expect(cluster.linesOn('gateway-1').at(-1)).toMatch(
      new RegExp(`^pid ${gateway?.pid}, port \\d+: running$`),
    )
    expect(cluster.said()).toContain(`npm run replay -- loadtest/data/ebay-palm.csv`)
    expect(cluster.said()).toContain(`curl -s ${gateway?.url}/v1/dev/token`)
  })

  test('a lot that was put up at one gateway takes the bid of a development token at the other', async () => {
    const lotId = await openLot()
    const bob = await speaking(1, 'bob')
    const bid = { clientBidId: randomUUID(), amount: 2_000, currency: 'USD' }
    expect(await bob.call('POST', `/v1/lots/${lotId}/bids`, bid)).toMatchObject({
      outcome: 'accepted',
      leading: true,
    })
  })

  test('an engine that is killed is told as such and not started again; the other has its lots', async () => {
    const [killed] = told.engines
    process.kill(killed?.pid ?? 0, 'SIGKILL')
    await waitFor(
      () => cluster.linesOn('engine-1').at(-1) === `pid ${killed?.pid}: killed (SIGKILL)`,
    )
    const bob = await speaking(1, 'bob')
    for (const lotId of await Promise.all(Array.from({ length: 4 }, openLot))) {
      const bid = { clientBidId: randomUUID(), amount: 2_000, currency: 'USD' }
      const outcome = await bob.call('POST', `/v1/lots/${lotId}/bids`, bid)
      expect((outcome as unknown as BidOutcome).outcome).toBe('accepted')
    }
    expect(cluster.linesOn('engine-1').filter((line) => line.endsWith('starting'))).toHaveLength(1)
    expect(cluster.linesOn('engine-1').at(-1)).toMatch(/killed \(SIGKILL\)$/)
  })

  test('SIGTERM drains gateways before engines, ends all of it, and leaves nothing behind', async () => {
    cluster.child.kill('SIGTERM')
    expect([await cluster.ended, cluster.said()]).toEqual([0, expect.any(String)])
    expect(pidsIn(cluster.said()).length).toBe(9)
    expect(pidsIn(cluster.said()).filter(isAlive)).toEqual([])
    const said = cluster.said()
    for (const [gateway, engine] of [
      ['gateway-1', 'engine-2'],
      ['gateway-2', 'engine-2'],
    ]) {
      const ended = said.search(new RegExp(`${gateway}, .*: ended`))
      const draining = said.search(new RegExp(`${engine}, .*: draining`))
      expect(ended).toBeGreaterThan(0)
      expect(draining).toBeGreaterThan(ended)
    }
    const variables = /--env-file=(\S+)/.exec(said)?.[1] ?? ''
    expect(variables).toContain('outcry-cluster-')
    expect(existsSync(dirname(variables))).toBe(false)
    expect((await readdir(join(folder, 'logs'))).length).toBe(7)
  })
})

describe('npm run cluster', { timeout: 120_000 }, () => {
  let cluster: ClusterProcess | undefined
  afterEach(async () => {
    cluster?.child.kill('SIGKILL')
    await cluster?.ended
  })

  test('that is killed takes with it all that it started', async () => {
    const data = join(folder, 'killed')
    const counts = ['--gateways', '1', '--engines', '1', '--chats', '0', '--notifiers', '0']
    const killed = startCluster([...counts, '--data', data])
    cluster = killed
    await waitFor(() => killed.linesOn('engine-1').some((line) => line.endsWith('starting')), {
      timeoutMs: 60_000,
      what: 'the start of the roles',
    })
    killed.child.kill('SIGKILL')
    await killed.ended
    const pids = pidsIn(killed.said())
    expect(pids).toHaveLength(5)
    await waitFor(() => !pids.some(isAlive), { timeoutMs: 30_000, what: 'the end of all' })
    expect(await readdir(data)).toContain('postgres')
  })

  test('ends with the npm that began it, even where that is killed', async () => {
    cluster = startClusterByNpm(['--gateways', '1', '--engines', '1'])
    const { child, said, linesOn, ended } = cluster
    await waitFor(() => linesOn('postgres').length > 0, { timeoutMs: 60_000, what: 'the start' })
    child.kill('SIGKILL')
    expect(await ended).toBe('SIGKILL')
    expect(pidsIn(said()).filter(isAlive)).toEqual([])
  })

  test.each([
    { args: ['--gateways', '0'], says: /'--gateways <n>' argument '0'.*from 1 to 16/ },
    { args: ['--notifiers', 'two'], says: /'--notifiers <n>' argument 'two'.*from 0 to 16/ },
    { args: ['--engine', '2'], says: /unknown option '--engine'/ },
  ])('an option that does not hold: $args', async ({ args, says }) => {
    cluster = startCluster(args)
    expect(await cluster.ended).toBe(1)
    expect(cluster.said()).toMatch(says)
  })

  test('a description that could not be written is told before anything is started', async () => {
    cluster = startCluster(['--json', join(folder, 'nowhere', 'cluster.json')])
    expect(await cluster.ended).toBe(78)
    expect(cluster.said()).toMatch(/^--json .* cannot be written: there is no folder .*nowhere\.\n/)
    cluster = startCluster(['--json', folder])
    expect(await cluster.ended).toBe(78)
    expect(cluster.said()).toMatch(/cannot be written: that is a folder/)
  })

  test('a program that is not there is told, with nothing left behind', async () => {
    cluster = startCluster([], { NATS_SERVER_BIN: join(folder, 'nats'), TMPDIR: folder })
    expect(await cluster.ended).toBe(69)
    expect(cluster.said()).toMatch(/^NATS_SERVER_BIN is .*nats, which is no program/)
    expect((await readdir(folder)).filter((name) => name.startsWith('outcry-'))).toEqual([])
  })
})
