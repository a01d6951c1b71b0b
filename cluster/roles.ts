// All roles of the cluster: started together, ended in order, restarted by nobody.
import type { Part } from '../platform/lifecycle.ts'
import type { PlannedRole, RoleName } from './plan.ts'
import { type RoleOptions, RoleProcess } from './role-process.ts'
import type { Rows } from './rows.ts'

export interface RolesOptions extends Omit<RoleOptions, 'env' | 'onChange'> {
  readonly planned: readonly PlannedRole[]
  /** Known by the time the part starts. */
  readonly env: () => NodeJS.ProcessEnv
  readonly rows: Rows
}

/** Where a role is, once it is at work. */
export interface RolePlace {
  readonly role: RoleName
  readonly name: string
  readonly pid: number
  /** Of a gateway. */
  readonly url?: string
  readonly metricsUrl: string
}

export interface Roles extends Part {
  /** Known once it has started. */
  readonly places: readonly RolePlace[]
}

export function createRoles({ planned, env, rows, ...options }: RolesOptions): Roles {
  let processes: readonly RoleProcess[] = []
  let places: readonly RolePlace[] = []
  const kill = async () => {
    await Promise.all(processes.map((process) => process.kill()))
  }
  const end = async (isOne: (process: RoleProcess) => boolean) => {
    await Promise.all(processes.filter(isOne).map((process) => process.end()))
  }
  return {
    name: 'roles',
    get places() {
      return places
    },
    async start() {
      const variables = env()
      const start = (one: PlannedRole): RoleProcess =>
        new RoleProcess(one, {
          ...options,
          env: variables,
          onChange: (change) => rows.change(one.name, change),
        })
      processes = planned.map(start)
      places = await Promise.all(processes.map((process) => placeOf(process, variables)))
    },
    /** Gateways first: whoever is connected is told to go elsewhere while all behind them still works. */
    async drain() {
      await end(({ planned: { role } }) => role === 'gateway')
      await end(({ planned: { role } }) => role !== 'gateway')
    },
    stop: kill,
    giveUp: () => void kill(),
  }
}

async function placeOf(process: RoleProcess, env: NodeJS.ProcessEnv): Promise<RolePlace> {
  const { role, name } = process.planned
  const { port, metricsPort } = await process.ready
  const scheme = env['TLS_CERT'] ? 'https' : 'http'
  return {
    role,
    name,
    pid: process.pid,
    ...(port === undefined ? {} : { url: `${scheme}://127.0.0.1:${port}` }),
    metricsUrl: `http://127.0.0.1:${metricsPort}`,
  }
}
