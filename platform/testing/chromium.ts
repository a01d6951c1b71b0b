// A real browser for tests: Chromium, found on this machine or installed by the machine's own means.
import { execFile } from 'node:child_process'
import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
/** A package of some 80 MB on a slow line. */
const installDeadlineMs = 240_000

/**
 * The path of a Chromium: `CHROMIUM_BIN`, or one on the PATH, else one that apt installs (Debian and
 * Ubuntu, as root or by sudo that asks for no password). Undefined where none is to be had: whoever
 * tests with it is then skipped, and so named at the end of the run.
 */
export async function findChromium(): Promise<string | undefined> {
  const named = process.env['CHROMIUM_BIN']
  if (named !== undefined) return named
  return (await onPath()) ?? ((await installed()) ? await onPath() : undefined)
}

async function onPath(): Promise<string | undefined> {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  for (const path of folders.flatMap((folder) => names.map((name) => join(folder, name)))) {
    if (await isProgram(path)) return path
  }
  return undefined
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Whether apt could install it. Why it could not is of no use to the tests, which say what is missing. */
async function installed(): Promise<boolean> {
  const asRoot = process.getuid?.() === 0 ? [] : ['sudo', '--non-interactive']
  const apt = [...asRoot, 'apt-get', '--yes', '--quiet']
  try {
    for (const words of [['update'], ['install', '--no-install-recommends', 'chromium']]) {
      const [program = 'apt-get', ...options] = [...apt, ...words]
      await run(program, options, { timeout: installDeadlineMs })
    }
    return true
  } catch {
    return false
  }
}
