// Lots for a load test: open at once, and long enough, with steps of one cent so that each bid can be higher.
import { randomUUID } from 'node:crypto'
import { Failure } from '../../platform/failure.ts'
import type { LotOutcome, LotView } from '../../protocol/auction.ts'
import { eachOf } from '../each-of.ts'
import type { House, Stage } from '../run/scenario.ts'

const dayMs = 24 * 3_600_000
const atOnce = 16

/** @throws HttpError, Failure */
export async function prepareLots(house: House, lots: number): Promise<Stage> {
  const runId = randomUUID().slice(0, 8)
  const lotIds: string[] = []
  await eachOf(Array.from({ length: lots }), atOnce, async () => {
    lotIds.push(await openLot(house, `Lot of load test ${runId}`))
  })
  return { runId, lots: lotIds, madeAtMs: Date.now() }
}

async function openLot({ http }: House, title: string): Promise<string> {
  const nowMs = Date.now()
  const terms = {
    title,
    currency: 'USD',
    format: 'english',
    startPrice: 1,
    increments: [{ from: 0, step: 1 }],
    startsAt: 0,
    endsAt: nowMs + dayMs,
  }
  const { lotId } = lotOf(await http.call('POST', '/v1/lots', terms))
  lotOf(await http.call('POST', `/v1/lots/${lotId}/publish`, {}))
  return lotId
}

function lotOf(answer: unknown): LotView {
  const outcome = answer as LotOutcome
  if (outcome.outcome === 'accepted') return outcome.lot
  throw new Failure(`The server makes no lots: ${JSON.stringify(outcome)}`)
}
