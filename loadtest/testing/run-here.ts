// A load test in the test's own process, with a server that runs already: quick, and its faults can be put in between.
import { createHttpClient } from '../http-client.ts'
import { DeviceCrew } from '../run/crew.ts'
import { endsOf, judge } from '../run/judging.ts'
import { Tally } from '../run/measures.ts'
import type { Plan } from '../run/plan.ts'
import { type Audit, houseUser, type Testimony } from '../run/scenario.ts'
import { SCENARIOS } from '../scenarios/scenarios.ts'
import type { Tokens } from '../tokens.ts'

export interface RunHere {
  readonly measured: Tally
  /** What the auditor finds. @param databaseUrl where it may read what is stored */
  readonly judge: (databaseUrl?: string) => Promise<Audit>
}

export interface RunHereOptions {
  readonly plan: Plan
  readonly tokens: Tokens
  /** Default: a moment, since what a faulty server never says is waited for in vain. */
  readonly patienceMs?: number
}

const patienceMsDefault = 1_500

/** A small run; whatever matters to the test is changed. */
export function smallPlan(changed: Partial<Plan> & Pick<Plan, 'scenario'>, url: string): Plan {
  return {
    connections: 10,
    duration: 1,
    rate: 60,
    ramp: 0,
    payload: 40,
    lots: 2,
    encoding: 'json',
    seed: 1,
    processes: 1,
    servers: { urls: [url], metricsUrls: [], sources: [] },
    ...changed,
  }
}

/** @throws what a run throws */
export async function runHere({
  plan,
  tokens,
  patienceMs = patienceMsDefault,
}: RunHereOptions): Promise<RunHere> {
  const scenario = SCENARIOS[plan.scenario]
  const http = createHttpClient(plan.servers.urls[0] ?? '', await tokens(houseUser, ['service']))
  const house = { http, tokens }
  const stage = await scenario.prepare(house, plan)
  const { signal } = new AbortController()
  const share = { from: 0, to: plan.connections }
  const crew = new DeviceCrew({ scenario, plan, stage, share, tokens, signal, patienceMs })
  try {
    await crew.assemble()
    await crew.perform()
    const ends = await endsOf(scenario, { plan, house, stage })
    await crew.settle(ends)
    const testimony: Testimony[] = []
    for (const some of crew.testify()) testimony.push(...some)
    const measured = new Tally()
    measured.add(crew.recorder.take())
    return {
      measured,
      judge: (databaseUrl) => {
        const servers = { ...plan.servers, ...(databaseUrl === undefined ? {} : { databaseUrl }) }
        return judge(scenario, { plan: { ...plan, servers }, house, stage, ends, testimony })
      },
    }
  } finally {
    crew.leave()
  }
}
