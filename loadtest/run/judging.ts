// What a run is judged by: what its scenario knows of, and the feeds of its users, whatever the scenario.
import { Findings } from '../../history/violation.ts'
import { auditFeeds, feedEnds, feedsMax } from '../audit/feed-audit.ts'
import type { Plan } from './plan.ts'
import { type Audit, type AuditOptions, type Ends, type Scenario, userOf } from './scenario.ts'

/** How far every device must come, when all is answered. @throws HttpError, Failure */
export async function endsOf(
  scenario: Scenario,
  { plan, house, stage }: Pick<AuditOptions, 'plan' | 'house' | 'stage'>,
): Promise<Ends> {
  const users = notifiedIn(scenario, plan).map((nth) => userOf(stage, nth))
  // In this order: feeds tell of what has happened.
  const ends = await scenario.ends(house, stage)
  return { ...ends, ...(await feedEnds(house, users)) }
}

/** @throws where the server, or the database, can not be read */
export async function judge(scenario: Scenario, options: AuditOptions): Promise<Audit> {
  const { judged, by, violations, count } = await scenario.audit(options)
  const all = new Findings()
  all.adopt(violations, count)
  const { feeds, findings } = await auditFeeds(options)
  all.adopt(findings.violations, findings.count)
  return { judged: { ...judged, feeds }, by, violations: all.violations, count: all.count }
}

function notifiedIn(scenario: Scenario, { connections }: Plan): number[] {
  const notified: number[] = []
  for (let nth = 0; nth < connections && notified.length < feedsMax; nth += 1) {
    if (scenario.isNotified(nth)) notified.push(nth)
  }
  return notified
}
