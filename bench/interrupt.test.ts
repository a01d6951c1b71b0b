// A bench holds a database, a NATS and processes by the dozen: whoever has enough of it gets rid of all of them.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { waitFor } from '../platform/testing/wait-for.ts'

const entry = fileURLToPath(new URL('bench.ts', import.meta.url))
const patienceMs = 120_000
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'outcry-interrupt-'))
  // PostgreSQL does not run as root: where we do, the user that it runs as must get through.
  await chmod(folder, 0o755)
})

afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

/** What runs in the session that a process began: whatever it has started, and whatever became of its parents. */
async function commandsOf(session: number): Promise<readonly string[]> {
  const found: string[] = []
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue
    try {
      // After the name, which may hold anything: state, parent, group, session.
      const [, rest = ''] = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')
      if (Number(rest.split(' ')[3]) !== session || rest.startsWith('Z')) continue
      found.push((await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' '))
    } catch {
      // It has ended meanwhile.
    }
  }
  return found
}

test.runIf(process.platform === 'linux').each([
  ['while it prepares', 'postgres'],
  ['while it measures', 'crowd-process'],
])(
  'a bench that is interrupted %s leaves nothing behind',
  { timeout: 2 * patienceMs },
  async (_, awaited) => {
    const bench = spawn(process.execPath, [entry, 'connections', '--rounds', '1'], {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, TMPDIR: folder },
    })
    const pid = bench.pid ?? 0
    const ended = once(bench, 'exit')
    let said = ''
    for (const output of [bench.stdout, bench.stderr]) {
      output.on('data', (text: Buffer) => {
        said += text.toString()
      })
    }
    const running = async () => (await commandsOf(pid)).some((command) => command.includes(awaited))
    await waitFor(running, { timeoutMs: patienceMs })
    // As the terminal and npm do it: all of them hear it, and the bench once more.
    process.kill(-pid, 'SIGINT')
    process.kill(pid, 'SIGINT')
    expect(await ended, said).toEqual([130, null])
    await waitFor(async () => (await commandsOf(pid)).length === 0, { timeoutMs: patienceMs })
    expect(await readdir(folder)).toEqual([])
    expect(said).not.toContain('failed')
  },
)
