// From what was asked for to a plan: the command line first, then the target file, then the scenario's own
// defaults, then these.
import { Failure } from '../../platform/failure.ts'
import { type AnyPlan, HTTP, MODES, PlanOptions } from '../run/plan.ts'
import { sourcesOf } from '../run/sources.ts'
import { SCENARIOS } from '../scenarios/scenarios.ts'
import type { LoadtestArguments } from './arguments.ts'
import { checkRoom, devicesInProcess, type Room } from './room.ts'
import type { NamedServers } from './servers.ts'
import type { Target } from './target-file.ts'

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

/** What a scenario has no use for: whoever gives it anyway believes that it did something. */
const USELESS: Readonly<Record<AnyPlan['scenario'], readonly (keyof PlanOptions)[]>> = {
  connect: ['rate', 'payload'],
  fanout: ['payload'],
  auction: ['payload'],
  chat: ['lots'],
  herd: ['payload'],
  'slow-readers': ['payload'],
  overflow: ['lots'],
  drain: ['payload'],
  replay: ['rate', 'payload'],
  http: ['ramp', 'payload', 'lots', 'encoding', 'seed', 'processes'],
}

/** The same of what is said beside the plan. */
const uselessBeside = (scenario: AnyPlan['scenario'], given: LoadtestArguments) => ({
  '--drain-pid': scenario === 'drain' ? undefined : given.drainPid,
  '--database-url': scenario === HTTP ? given.databaseUrl : undefined,
  '--source': scenario === HTTP ? given.source : undefined,
})

/** Where a server of the run's own is going to be. */
const ownServerUrl = 'http://127.0.0.1'

/** A plan but for its servers, so that what can not be done is said before one is started. */
export type Task = Omit<AnyPlan, 'servers'>

export interface Wish {
  readonly given: LoadtestArguments
  /** Undefined where the run has a server of its own, which shares the limits of this machine. */
  readonly named: NamedServers | undefined
  readonly room: Room
}

/** @throws Failure that names the scenarios there are, an option without effect, or how many devices have room */
export function taskOf(what: string | Target, { given, named, room }: Wish): Task {
  const wanted = typeof what === 'string' ? { scenario: what, options: {} } : what
  const scenario = MODES.find((name) => name === wanted.scenario)
  if (scenario === undefined) {
    throw new Failure(`There is no scenario ${wanted.scenario}.`, {
      hint: `There are: ${MODES.join(', ')}.`,
    })
  }
  const asked = PlanOptions.partial().parse(
    Object.fromEntries(
      Object.keys(PlanOptions.shape).map((name) => [name, given[name as keyof PlanOptions]]),
    ),
  )
  refuseUseless(scenario, { ...withoutUndefined(wanted.options), ...withoutUndefined(asked) })
  const [beside] = Object.keys(withoutUndefined(uselessBeside(scenario, given)))
  if (beside !== undefined) throw new Failure(`${scenario} has no use for ${beside}.`)
  const options = {
    ...defaults,
    ...(scenario === HTTP ? {} : SCENARIOS[scenario].defaults),
    ...withoutUndefined(wanted.options),
    ...withoutUndefined(asked),
  }
  const { connections } = options
  const processes = scenario === HTTP ? 1 : (options.processes ?? processesFor(connections, room))
  const servers = { sources: given.source ?? [], urls: named?.urls ?? [ownServerUrl] }
  checkRoom(
    {
      connections,
      processes,
      sources: sourcesOf({ connections, servers }).length,
      gateways: servers.urls.length,
      ownServer: named === undefined,
    },
    room,
  )
  return { ...options, processes, scenario }
}

/** @throws Failure */
function refuseUseless(scenario: AnyPlan['scenario'], given: Partial<PlanOptions>): void {
  const useless = USELESS[scenario].find((name) => given[name] !== undefined)
  if (useless === undefined) return
  const taken = Object.keys(PlanOptions.shape).filter(
    (name) => !USELESS[scenario].some((each) => each === name),
  )
  throw new Failure(`${scenario} has no use for --${useless}.`, {
    hint: `Leave it out; ${scenario} takes --${taken.join(', --')}.`,
  })
}

/** As many as must be; of small runs one, so that the servers keep the other cores. */
function processesFor(connections: number, room: Room): number {
  const must = Math.ceil(connections / devicesInProcess(room))
  return Math.max(
    must,
    Math.min(Math.max(1, Math.floor(room.cores / 2)), Math.ceil(connections / 1_000)),
  )
}

function withoutUndefined<T extends object>(
  value: T,
): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as never
}
