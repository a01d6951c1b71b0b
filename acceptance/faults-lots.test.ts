// What an auction goes through when its engines die, stand still or are cut off in the middle of a burst:
// every acknowledged bid is there once, and everybody is served again without a human.
import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { failoverGraceMs } from '../auction-engine/limits.ts'
import { connectWire } from '../loadtest/wire-client.ts'
import { waitFor } from '../platform/testing/wait-for.ts'
import type { BidOutcome } from '../protocol/auction.ts'
import { type BiddingCrowd, burstLimits, gatherBiddingCrowd } from './testing/bidding-crowd.ts'
import { query } from './testing/database.ts'
import {
  type FleetOnOwnPostgres,
  type RoleInFleet,
  startFleetOnOwnPostgres,
} from './testing/fleet.ts'
import { signToken } from './testing/server.ts'
import { PostgresPassage, TcpPassage } from './testing/tcp-passage.ts'

const nameOf = ({ child }: RoleInFleet): string => `${hostname()}-${child.pid}`

async function metric(engine: RoleInFleet, name: string): Promise<number> {
  const text = await (await fetch(`${engine.metricsUrl}/metrics`)).text()
  const line = text.split('\n').find((each) => each.startsWith(`outcry_engine_${name}`))
  return Number(line?.split(' ').at(-1) ?? 0)
}

describe('a burst of bids', { timeout: 180_000 }, () => {
  let fleet: FleetOnOwnPostgres
  let crowd: BiddingCrowd | undefined

  beforeAll(async () => {
    fleet = await startFleetOnOwnPostgres({ ...burstLimits, ENGINE_LEASE: '4s' })
    await Promise.all([fleet.add('gateway'), fleet.add('gateway')])
  }, 120_000)
  afterEach(async () => {
    crowd?.leave()
    await Promise.all(fleet.running('engine').map((engine) => engine.end('SIGKILL')))
  })
  afterAll(() => fleet.stop())

  /** Two engines that have half of the shards each. The variables are the first one's. */
  async function twoEngines(env: Readonly<Record<string, string>> = {}) {
    const engines = [await fleet.add('engine', env), await fleet.add('engine')] as const
    await waitFor(
      async () => {
        const held = await Promise.all(engines.map(async (engine) => (await shardsOf(engine)).size))
        return held.every((shards) => shards === 128)
      },
      { timeoutMs: 60_000, what: 'the sharing of the shards' },
    )
    return engines
  }

  async function shardsOf(engine: RoleInFleet): Promise<ReadonlySet<unknown>> {
    const rows = await query(
      fleet.databaseUrl,
      'SELECT shard FROM shard_leases WHERE owner = $1 AND expires_at > clock_timestamp()',
      [nameOf(engine)],
    )
    return new Set(rows.map(({ shard }) => shard))
  }

  async function lotsIn(shards: ReadonlySet<unknown>, lotIds: readonly string[]) {
    const rows = await query(
      fleet.databaseUrl,
      'SELECT lot_id FROM lots_hot WHERE lot_id = ANY ($1) AND shard = ANY ($2)',
      [lotIds, [...shards]],
    )
    return rows.map(({ lot_id: lotId }) => String(lotId))
  }

  async function burst(options: Parameters<typeof gatherBiddingCrowd>[1] = {}) {
    crowd = await gatherBiddingCrowd(fleet, options)
    return crowd
  }

  test('I1: survives an engine that is killed in the middle of it', async () => {
    const [first] = await twoEngines()
    const bidding = await burst()
    await bidding.hears(200)
    await first.end('SIGKILL')
    await bidding.eachHears(20)
    await fleet.add('engine')
    await bidding.eachHears(20)
    await bidding.judge()
  })

  test('I1: is told to its end where an engine dies between a commit and its answer', async () => {
    const passage = await PostgresPassage.toDatabase(fleet.databaseUrl)
    try {
      const [first, second] = await twoEngines({ DATABASE_URL: passage.url })
      const bidding = await burst({ lots: 20 })
      await bidding.hears(200)
      await bidding.rest()
      const [lotId] = await lotsIn(await shardsOf(first), bidding.lotIds)
      // Nothing follows by which anybody would notice that something is missing.
      const isLost = passage.losesAnswer()
      const last = bidding.bidHigh(lotId ?? '')
      await isLost
      await first.end('SIGKILL')
      await last
      await bidding.judge()
      expect(await metric(second, 'relayed_rows_total')).toBeGreaterThan(0)
    } finally {
      await passage.close()
    }
  })

  test('I11: goes on while an engine stands still, which commits nothing when it wakes, and says so', async () => {
    const [zombie] = await twoEngines()
    const bidding = await burst()
    await bidding.hears(200)
    const asleep = performance.now()
    zombie.child.kill('SIGSTOP')
    await bidding.eachHears(10)
    await waitFor(() => performance.now() - asleep > 10_000, { timeoutMs: 30_000 })
    const before = await query(
      fleet.databaseUrl,
      `SELECT lot_id, decision_no, shard_leases.epoch FROM lots_hot JOIN shard_leases USING (shard)
        WHERE lot_id = ANY ($1)`,
      [bidding.lotIds],
    )
    expect((await shardsOf(zombie)).size).toBe(0)
    zombie.child.kill('SIGCONT')
    await waitFor(() =>
      zombie.said().some(({ msg, cause }) => /begins anew/.test(msg) && cause === 'stood_still'),
    )
    expect(await metric(zombie, 'lapses_total{cause="stood_still"')).toBe(1)
    await bidding.eachHears(20)
    await bidding.judge()
    for (const { lot_id: lotId, decision_no: decisionNo, epoch } of before) {
      const stale =
        'SELECT 1 FROM lot_decisions WHERE lot_id = $1 AND decision_no > $2 AND epoch < $3'
      expect(await query(fleet.databaseUrl, stale, [lotId, decisionNo, epoch])).toEqual([])
    }
  })

  test('leaves no single bid unknown while an engine stands still that hears all of them', async () => {
    const [zombie, other] = await twoEngines()
    const { lotIds } = await burst({ bidders: 0, watchers: 0, lots: 60 })
    const orphans = await lotsIn(await shardsOf(zombie), lotIds)
    expect(orphans.length).toBeGreaterThan(10)
    zombie.child.kill('SIGSTOP')
    await waitFor(async () => (await metric(other, 'shards')) === 256, { timeoutMs: 60_000 })
    const ann = await connectWire({
      url: `${fleet.running('gateway')[0]?.url.replace('http', 'ws')}/connection/websocket`,
      token: await signToken('ann'),
    })
    const bidOn = async (lotId: string, amount: number) => {
      const bid = { lotId, clientBidId: randomUUID(), amount, currency: 'USD' }
      return ((await ann.rpc('bid.place', bid)) as BidOutcome).outcome
    }
    // One bid of each shard at a time: those of one turn and one shard travel together, and fare alike.
    for (const amount of [1_000_000, 2_000_000, 3_000_000]) {
      const outcomes = await Promise.all(orphans.map((lotId) => bidOn(lotId, amount)))
      expect(outcomes).toContain('accepted')
      expect(outcomes).not.toContain('unknown')
    }
    await ann.close()
  })

  test('goes on without an engine that NATS does not reach, until it does again', async () => {
    const passage = await TcpPassage.to({ host: '127.0.0.1', port: fleet.nats.port })
    try {
      const [cutOff] = await twoEngines({ NATS_URL: `nats://127.0.0.1:${passage.port}` })
      const bidding = await burst()
      await bidding.hears(200)
      passage.block()
      await waitFor(async () => (await shardsOf(cutOff)).size === 0, { timeoutMs: 30_000 })
      expect(cutOff.child.exitCode).toBeNull()
      await bidding.eachHears(20)
      passage.unblock()
      await waitFor(async () => (await shardsOf(cutOff)).size === 128, { timeoutMs: 30_000 })
      await bidding.eachHears(20)
      await bidding.judge()
    } finally {
      await passage.close()
    }
  })

  test('is given its last moments back where the owner of a lot dies in them, and nowhere else', async () => {
    const [first] = await twoEngines()
    const endsAt = Date.now() + 8_000
    const bidding = await burst({ lots: 20, terms: { endsAt } })
    const orphans = await lotsIn(await shardsOf(first), bidding.lotIds)
    await waitFor(() => Date.now() > endsAt - 3_000)
    await first.end('SIGKILL')
    const isClosed = async () => {
      const open = "SELECT 1 FROM lots_hot WHERE state = 'open' AND lot_id = ANY ($1)"
      return (await query(fleet.databaseUrl, open, [bidding.lotIds])).length === 0
    }
    await waitFor(isClosed, { timeoutMs: failoverGraceMs + 60_000, what: 'the end of all lots' })
    await bidding.judge()
    const extended = await query(
      fleet.databaseUrl,
      "SELECT lot_id FROM lot_decisions WHERE command = 'extend_lot' AND lot_id = ANY ($1)",
      [bidding.lotIds],
    )
    expect(new Set(extended.map(({ lot_id: lotId }) => lotId))).toEqual(new Set(orphans))
  })
})
