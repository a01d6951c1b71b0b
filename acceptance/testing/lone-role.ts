// A role that is started whether or not it can work: tests look at what it says of itself meanwhile.
import { fork } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../platform/servers/free-port.ts'
import type { RoleName } from '../../role-config.ts'
import { ended } from './child-end.ts'
import type { LogLine } from './fleet.ts'
import { jwtSecret } from './server.ts'

const entry = fileURLToPath(new URL('../../role.ts', import.meta.url))

export interface LoneRole {
  readonly role: RoleName
  readonly said: () => readonly LogLine[]
  /** What `/readyz` says is missing; nothing where it is ready. @throws where it does not answer yet */
  missing(): Promise<readonly string[]>
  /** Resolves with the exit code, or the signal that ended it. */
  end(signal: NodeJS.Signals): Promise<number | string>
}

export async function startLoneRole(
  role: RoleName,
  env: Readonly<Record<string, string>>,
): Promise<LoneRole> {
  const metricsPort = await freePort()
  const own = { JWT_SECRET: jwtSecret, PORT: '0', METRICS_PORT: String(metricsPort) }
  // Nothing of this shell's own: a DATABASE_URL there is not for the tests.
  const child = fork(entry, [role], {
    env: { ...own, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const said: LogLine[] = []
  for (const output of [child.stdout, child.stderr]) {
    if (output !== null) createInterface(output).on('line', (line) => said.push(read(line)))
  }
  return {
    role,
    said: () => said,
    async missing() {
      const answer = await fetch(`http://127.0.0.1:${metricsPort}/readyz`)
      const { missing = [] } = (await answer.json()) as { readonly missing?: readonly string[] }
      if (answer.ok !== (missing.length === 0)) throw new Error(`status ${answer.status}`)
      return missing
    },
    end: (signal) => ended(child, signal),
  }
}

/** A line that is no JSON is a fault that nobody logged. */
function read(line: string): LogLine {
  return line.startsWith('{') ? (JSON.parse(line) as LogLine) : { level: 'fatal', msg: line }
}
