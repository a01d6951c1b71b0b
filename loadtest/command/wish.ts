// From what was asked for to a plan: the command line first, then the scenario's own defaults, then these.
import { Failure } from '../../platform/failure.ts'
import {
  devicesPerProcessMax,
  type Plan,
  PlanOptions,
  SCENARIO_NAMES,
  type Servers,
} from '../run/plan.ts'
import { SCENARIOS } from '../scenarios/scenarios.ts'
import type { LoadtestArguments } from './arguments.ts'

const defaults = {
  connections: 100,
  duration: 10,
  rate: 100,
  ramp: 1,
  payload: 80,
  lots: 1,
  encoding: 'json',
  seed: 1,
} as const satisfies Partial<PlanOptions>

/** @throws Failure that names the scenarios there are, or the devices which do not fit */
export function planOf(
  what: string,
  given: LoadtestArguments,
  servers: Servers,
  cores: number,
): Plan {
  const scenario = SCENARIO_NAMES.find((name) => name === what)
  if (scenario === undefined) {
    throw new Failure(`There is no scenario ${what}.`, {
      hint: `There are: ${SCENARIO_NAMES.join(', ')}.`,
    })
  }
  const asked = PlanOptions.partial().parse(
    Object.fromEntries(
      Object.keys(PlanOptions.shape).map((name) => [name, given[name as keyof PlanOptions]]),
    ),
  )
  const options = { ...defaults, ...SCENARIOS[scenario].defaults, ...withoutUndefined(asked) }
  const processes = options.processes ?? processesFor(options.connections, cores)
  if (options.connections > processes * devicesPerProcessMax) {
    throw new Failure(
      `${options.connections} devices do not fit into ${processes} processes of at most ${devicesPerProcessMax}.`,
      { hint: 'Leave --processes out, or name more.' },
    )
  }
  return { ...options, processes, scenario, servers }
}

/** As many as must be; of small runs one, so that the servers keep the other cores. */
function processesFor(connections: number, cores: number): number {
  const must = Math.ceil(connections / devicesPerProcessMax)
  return Math.max(
    must,
    Math.min(Math.max(1, Math.floor(cores / 2)), Math.ceil(connections / 1_000)),
  )
}

function withoutUndefined<T extends object>(
  value: T,
): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as never
}
