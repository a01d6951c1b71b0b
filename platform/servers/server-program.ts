// Server programs that npm does not carry: found on the machine, or brought to it.
import { execFile } from 'node:child_process'
import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { Failure } from '../failure.ts'

export interface ServerProgram {
  /** As on the command line. */
  readonly program: string
  /** The environment variable that names the program's file, and wins over PATH. */
  readonly variable: string
  /** What to install it by. */
  readonly packages: { readonly apt: string; readonly homebrew: string }
}

export interface ServerProgramOptions {
  /** Default: that of the process. */
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** Runs a command; rejects where it fails or is not there. */
  readonly run?: (command: string, args: readonly string[]) => Promise<unknown>
  readonly isRoot?: boolean
  /** Told before it is tried to install the program, which may take a minute. */
  readonly onInstall?: () => void
}

/** Debian puts servers where the PATH of an ordinary user does not lead. */
const foldersOfServers = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/opt/homebrew/bin']
/** Somebody else may be installing, too. */
const aptOptions = ['--yes', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=120']

/**
 * The path of the program; where the machine has none it is installed first, with apt (as root, or by
 * sudo where that asks for no password) or with Homebrew.
 * @throws Failure that says what to install.
 */
export async function serverProgram(
  wanted: ServerProgram,
  options: ServerProgramOptions = {},
): Promise<string> {
  const { program, variable, packages } = wanted
  const environment = options.environment ?? process.env
  const named = environment[variable]
  if (named !== undefined && named !== '') return await theNamed(named, wanted)
  const found = await onPath(program, environment)
  if (found !== undefined) return found
  options.onInstall?.()
  await install(wanted, options.run ?? runQuietly, options.isRoot ?? process.getuid?.() === 0)
  const installed = await onPath(program, environment)
  if (installed !== undefined) return installed
  throw new Failure(
    `There is no ${program} on this machine: install it (apt-get install ${packages.apt}, or brew install ${packages.homebrew}), or set ${variable} to its path.`,
  )
}

async function theNamed(path: string, { program, variable }: ServerProgram): Promise<string> {
  if (await isProgram(path)) return path
  throw new Failure(
    `${variable} is ${path}, which is no program: set it to the path of ${program}, or unset it.`,
  )
}

async function onPath(
  program: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<string | undefined> {
  const folders = (environment['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  for (const folder of [...folders, ...foldersOfServers]) {
    const path = join(folder, program)
    if (await isProgram(path)) return path
  }
  return undefined
}

async function isProgram(path: string): Promise<boolean> {
  return await access(path, constants.X_OK).then(
    () => true,
    () => false,
  )
}

/** Tries what the machine may have; what comes of it is seen by looking for the program again. */
async function install(
  { packages }: ServerProgram,
  run: (command: string, args: readonly string[]) => Promise<unknown>,
  isRoot: boolean,
): Promise<void> {
  const apt = (args: readonly string[]) =>
    isRoot ? run('apt-get', args) : run('sudo', ['-n', 'apt-get', ...args])
  const aptInstall = () => apt(['install', ...aptOptions, packages.apt])
  const ways = [
    aptInstall,
    // A machine that never looked does not know of the package yet.
    async () => {
      await apt(['update'])
      await aptInstall()
    },
    () => run('brew', ['install', packages.homebrew]),
  ]
  for (const way of ways) {
    const worked = await way().then(
      () => true,
      () => false,
    )
    if (worked) return
  }
}

function runQuietly(command: string, args: readonly string[]): Promise<unknown> {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  return promisify(execFile)(command, [...args], { env, maxBuffer: 64 * 1024 * 1024 })
}
