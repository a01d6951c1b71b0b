// What the lots of past auctions ended at, held against what they ended at then.
import { setTimeout as sleep } from 'node:timers/promises'
import { Findings } from '../../history/violation.ts'
import { Failure } from '../../platform/failure.ts'
import type { LotView } from '../../protocol/auction.ts'
import { eachOf } from '../each-of.ts'
import { moveEndToNow } from '../replay-auction.ts'
import type { Audit, AuditOptions, Ends, House, Stage } from '../run/scenario.ts'
import { isComparable, pastAuctions } from '../scenarios/past.ts'
import { auditLots, lotEnds } from './lot-audit.ts'

const lotsAtOnce = 16
const lookEveryMs = 100
/** An owner that was away gives its lots some time back. */
const closeTimeoutMs = 120_000

/** Ends every lot, and waits until all are closed. @throws HttpError, Failure */
export async function closeAll(house: House, stage: Stage): Promise<Ends> {
  await eachOf(stage.lots, lotsAtOnce, async (lotId) => {
    const { serverTime } = await viewOf(house, lotId)
    await moveEndToNow(house.http, lotId, serverTime)
    const givesUpAtMs = performance.now() + closeTimeoutMs
    while ((await viewOf(house, lotId)).result === undefined) {
      if (performance.now() > givesUpAtMs) throw new Failure(`Lot ${lotId} does not close.`)
      await sleep(lookEveryMs)
    }
  })
  return await lotEnds(house, stage)
}

/** As any lots, and by their prices. */
export async function auditPastAuctions(options: AuditOptions): Promise<Audit> {
  const { plan, house, stage } = options
  const audit = await auditLots(options)
  const findings = new Findings()
  const { violations, count } = audit
  findings.adopt(violations, count)
  const auctions = [...(await pastAuctions(plan)).entries()]
  const comparable = auctions.filter(([, auction]) => isComparable(auction))
  await eachOf(comparable, lotsAtOnce, async ([nth, { auctionId, finalPriceCents }]) => {
    const lotId = stage.lots[nth] ?? ''
    const price = (await viewOf(house, lotId)).result?.price ?? 0
    if (price === finalPriceCents) return
    const detail = `Auction ${auctionId} ended at ${finalPriceCents}, lot ${lotId} at ${price}.`
    findings.add('wrong_price', detail, { auctionId, lotId, price, finalPriceCents })
  })
  return {
    ...audit,
    judged: {
      ...audit.judged,
      'prices of past auctions': comparable.length,
      'past auctions left out': auctions.length - comparable.length,
    },
    violations: findings.violations,
    count: findings.count,
  }
}

async function viewOf({ http }: House, lotId: string): Promise<LotView> {
  return (await http.call('GET', `/v1/lots/${lotId}`)) as unknown as LotView
}
