// A whole fleet on one machine: its servers, its roles, and what people and programs are told of them.
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { destination } from 'pino'
import { variable } from '../platform/config-variables.ts'
import { endingWith, type Part } from '../platform/lifecycle.ts'
import { createLogger, type Logger } from '../platform/log.ts'
import { removeAfterUs } from '../platform/servers/guardian.ts'
import { systemClock as clock } from '../platform/system-clock.ts'
import { type ClusterArguments, makeRoomFor } from './arguments.ts'
import { describeCluster, writeDescription } from './description.ts'
import { createDisplay } from './display.ts'
import { invitation } from './invitation.ts'
import { clusterVariables, planRoles, type Variables } from './plan.ts'
import { createRoles } from './roles.ts'
import { createRows } from './rows.ts'
import { createServers, SERVERS } from './servers.ts'

export interface Cluster {
  /** In the order in which they start. */
  readonly parts: readonly Part[]
  readonly log: Logger
}

/** Makes folders; nothing is started before the parts are. */
export async function createCluster(
  wanted: ClusterArguments,
  env: Variables,
  output: NodeJS.WriteStream,
): Promise<Cluster> {
  const json = wanted.json === undefined ? undefined : await makeRoomFor(wanted.json)
  const temporary = await makeTemporary()
  const data = resolve(wanted.data ?? (env['OUTCRY_DATA'] || join(temporary, 'data')))
  const logs = resolve(wanted.logs ?? join(temporary, 'logs'))
  await mkdir(logs, { recursive: true })
  const log = createLogger({
    name: 'cluster',
    destination: destination({ dest: join(logs, 'cluster.log'), sync: true }),
  })

  const planned = planRoles(wanted)
  const names = [...SERVERS, ...planned.map(({ name }) => name)]
  const { show, say } = createDisplay(output, names.length)
  const rows = createRows(names, clock, (row) => show(rows.all, row))
  const rolesCount = planned.length
  const servers = createServers({ dataFolder: data, temporary, rolesCount, rows, log, say })
  const ofCluster = clusterVariables(env, data, wanted)
  const ofRoles = () => ({ ...ofCluster, ...servers.variables })
  const roles = createRoles({
    planned,
    // No two engines may have one name.
    env: () => ({ ...env, ...ofRoles(), ENGINE_NAME: undefined }),
    logs,
    rows,
    clock,
    log,
    say,
  })
  const announcement: Part = {
    name: 'announcement',
    async start() {
      const cluster = describeCluster(roles.places, servers.places, ofCluster)
      const variablesFile = join(temporary, 'role.env')
      await writeVariables(variablesFile, ofRoles())
      if (json !== undefined) await writeDescription(json, cluster)
      const hasDevTokens = variable.flag().safeParse(ofCluster['DEV_TOKENS']).data === true
      say(invitation({ cluster, hasDevTokens, logs, variablesFile }))
    },
    async drain() {
      say('Draining, gateways first. Ctrl-C again ends everything at once.')
    },
    async stop() {},
  }
  const folder = endingWith('folder', () => rm(temporary, { recursive: true, force: true }))
  return { parts: [folder, servers, roles, announcement], log }
}

/** A folder that is gone with this process, in whatever way that ends. */
async function makeTemporary(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'outcry-cluster-'))
  // PostgreSQL does not run as root: where we do, the user that it runs as must get through.
  await chmod(folder, 0o755)
  removeAfterUs(folder)
  return folder
}

/** For its owner alone: with the secret in it one can sign any token. */
async function writeVariables(
  file: string,
  variables: Readonly<Record<string, string>>,
): Promise<void> {
  const lines = Object.entries(variables).map(([name, value]) => `${name}=${quoted(value)}\n`)
  await writeFile(file, lines.join(''), { mode: 0o600 })
}

/** Within any of these quotes nothing but the quote itself has a meaning, line ends aside. */
function quoted(value: string): string {
  const quote = ["'", '`', '"'].find((each) => !value.includes(each)) ?? "'"
  return `${quote}${value}${quote}`
}
