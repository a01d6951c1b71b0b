// What became of the lots of a run, judged: by every decision where the database may be read, else by what
// the server lists in public.
import { setTimeout as sleep } from 'node:timers/promises'
import { LotHistory } from '../../history/lot-history.ts'
import { PublicLotHistory } from '../../history/public-lot-history.ts'
import type { Pool } from '../../platform/postgres/pool.ts'
import type { BidPage, LotView } from '../../protocol/auction.ts'
import { lotChannel } from '../../protocol/channels.ts'
import { eachOf } from '../each-of.ts'
import {
  type Audit,
  type AuditOptions,
  type Ends,
  type House,
  houseUser,
  type Stage,
} from '../run/scenario.ts'
import type { BidTestimony } from '../scenarios/bids.ts'
import { watchedAmong } from '../witness/watched.ts'
import { BidderNotices } from './bidder-notices.ts'
import { type LotJudge, tellStoredLots } from './stored-history.ts'
import { withDatabase } from './with-database.ts'

const pageLimit = 100
const lotsAtOnce = 8
const untoldPatienceMs = 15_000
const lookEveryMs = 50

/** @throws where the server, or the database, can not be read */
export async function auditLots(options: AuditOptions): Promise<Audit> {
  const { plan, stage, testimony } = options
  const { databaseUrl } = plan.servers
  const bids = testimony.filter((each) => each['type'] === 'bid') as BidTestimony[]
  const watched = watchedAmong(testimony)
  const history =
    databaseUrl === undefined
      ? new PublicLotHistory()
      : new LotHistory({ allClients: true, others: [houseUser] })
  for (const { user: actorId, clientBidId: commandId, lotId, amount, ...times } of bids) {
    const asked = { type: 'place_bid', kind: 'proxy', amount } as const
    history.attempted({ lotId, actorId, commandId, asked, ...times })
  }
  for (const { place, ...account } of watched) history.heard(place, account)
  const notices = new BidderNotices()
  if (history instanceof PublicLotHistory) await readLists(history, options)
  else await readDatabase(history, notices, options)
  const { findings } = notices
  findings.adopt(history.violations(), history.count)
  return {
    judged: {
      'bids sent': bids.length,
      lots: stage.lots.length,
      watchers: watched.reduce((sum, { watchers }) => sum + watchers, 0),
      ...(databaseUrl === undefined ? {} : { 'notifications due': notices.due }),
    },
    by: databaseUrl === undefined ? 'what the server lists' : 'every stored decision',
    violations: findings.violations,
    count: findings.count,
  }
}

async function readDatabase(
  history: LotHistory,
  notices: BidderNotices,
  { plan, stage: { lots } }: AuditOptions,
): Promise<void> {
  const judge: LotJudge = {
    offered: (lotId, softClose) => history.offered(lotId, softClose),
    notified: (lotId, stored) => notices.notified(lotId, stored),
    decided(decision) {
      history.decided(decision)
      notices.decided(decision)
    },
    ended(final) {
      history.ended(final)
      notices.ended()
    },
  }
  await withDatabase(plan.servers.databaseUrl ?? '', async (pool) => {
    await untilTold(pool, lots)
    await tellStoredLots(judge, pool, lots)
  })
}

/**
 * What was published is marked as that a little later, and bidders are notified of it after that; only what is never
 * done is a fault. Given up once nothing was done for a while.
 */
async function untilTold(pool: Pool, lots: readonly string[]): Promise<void> {
  let least = Number.POSITIVE_INFINITY
  for (let givesUpAtMs = 0; ; ) {
    const { rows } = await pool.query<{ readonly untold: number }>(
      `SELECT count(*) FILTER (WHERE NOT published) + count(*) FILTER (WHERE NOT notified) AS untold
         FROM outbox WHERE source = 'lot' AND aggregate_id = ANY ($1)`,
      [lots],
    )
    const untold = rows[0]?.untold ?? 0
    if (untold < least) givesUpAtMs = performance.now() + untoldPatienceMs
    least = Math.min(least, untold)
    if (untold === 0 || performance.now() >= givesUpAtMs) return
    await sleep(lookEveryMs)
  }
}

async function readLists(history: PublicLotHistory, { house, stage }: AuditOptions): Promise<void> {
  await eachOf(stage.lots, lotsAtOnce, async (lotId) => {
    const view = (await house.http.call('GET', `/v1/lots/${lotId}`)) as unknown as LotView
    history.listed(lotId, await listedSeqs(house, lotId), view)
  })
}

async function listedSeqs({ http }: House, lotId: string): Promise<Set<number>> {
  const seqs = new Set<number>()
  for (let before: number | undefined; ; ) {
    const from = before === undefined ? '' : `&before=${before}`
    const page = await http.call('GET', `/v1/lots/${lotId}/bids?limit=${pageLimit}${from}`)
    const { items, next } = page as unknown as BidPage
    for (const { seq } of items) seqs.add(seq)
    if (next === undefined) return seqs
    before = next
  }
}

/** Where each of the lots stands: how far whoever watches it must come. */
export async function lotEnds({ http }: House, { lots }: Stage): Promise<Ends> {
  const ends: [string, number][] = []
  await eachOf(lots, lotsAtOnce, async (lotId) => {
    const { seq } = (await http.call('GET', `/v1/lots/${lotId}`)) as unknown as LotView
    ends.push([lotChannel(lotId), seq])
  })
  return Object.fromEntries(ends)
}
