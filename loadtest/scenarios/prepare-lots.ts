// Lots for a load test: open at once, and long enough.
import { randomUUID } from 'node:crypto'
import { Failure } from '../../platform/failure.ts'
import type { LotOutcome, LotTerms, LotView } from '../../protocol/auction.ts'
import { eachOf } from '../each-of.ts'
import type { Plan } from '../run/plan.ts'
import type { House, Stage } from '../run/scenario.ts'

/** Each bid can be higher than the one before. */
const centByCent = { startPrice: 1, increments: [{ from: 0, step: 1 }] }
const dayMs = 24 * 3_600_000
const atOnce = 16

/** As long as a title may be: so that each state of the lot fills more of a slow socket. */
export const longTitle = 'with a shade, '.repeat(20).slice(0, 140)

/** @param title added to the name of each lot. @throws HttpError, Failure */
export async function prepareLots(
  house: House,
  { lots }: Pick<Plan, 'lots'>,
  title = '',
): Promise<Stage> {
  const runId = randomUUID().slice(0, 8)
  const lotIds: string[] = []
  await eachOf(Array.from({ length: lots }), atOnce, async () => {
    lotIds.push(
      await openLot(house, { ...centByCent, title: `Lot of load test ${runId} ${title}` }),
    )
  })
  return { runId, lots: lotIds, conversations: [], madeAtMs: Date.now() }
}

/** @throws HttpError, Failure */
export async function openLot(
  { http }: House,
  { title, startPrice, increments }: Pick<LotTerms, 'title' | 'startPrice' | 'increments'>,
): Promise<string> {
  const terms = {
    title,
    currency: 'USD',
    format: 'english',
    startPrice,
    increments,
    startsAt: 0,
    endsAt: Date.now() + dayMs,
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
