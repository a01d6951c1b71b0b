// The programs that read the configurations of this folder, brought to the machine where it has none.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { type ServerProgram, serverProgram } from '../../platform/servers/server-program.ts'
import { root } from './deployment-files.ts'

export const haproxy: ServerProgram = {
  program: 'haproxy',
  variable: 'HAPROXY_BIN',
  packages: { apt: 'haproxy', homebrew: 'haproxy' },
}
export const promtool: ServerProgram = {
  program: 'promtool',
  variable: 'PROMTOOL_BIN',
  packages: { apt: 'prometheus', homebrew: 'prometheus' },
}

/** Long enough for a machine that has to install the program first. */
export const installMs = 300_000

export interface Verdict {
  readonly code: number
  /** Both of its outputs. */
  readonly said: string
}

/** What the program says, run in the root of the project. */
export async function verdictOf(
  tool: ServerProgram,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Verdict> {
  const program = await serverProgram(tool)
  const env = { ...process.env, ...environment }
  try {
    const { stdout, stderr } = await promisify(execFile)(program, [...args], { env, cwd: root })
    return { code: 0, said: stdout + stderr }
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string }
    return { code, said: stdout + stderr }
  }
}
