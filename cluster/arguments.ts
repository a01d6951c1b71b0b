// What the command takes.
import { rm, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { codeOf, exitCodes, Failure } from '../platform/failure.ts'

export interface ClusterArguments {
  readonly gateways: number
  readonly engines: number
  readonly chats: number
  readonly notifiers: number
  /** Nobody is held to a pace, or to a number of connections. */
  readonly unlimited?: boolean
  /** The file that tells who is where, once all are at work. */
  readonly json?: string
  /** What is kept: the database and attachments. */
  readonly data?: string
  readonly logs?: string
}

/** More processes than this are no cluster for one machine. */
const eachMax = 16

/** @param argv as of the process. Ends the process with 1 where they do not hold, and says which. */
export function readArguments(argv: readonly string[]): ClusterArguments {
  const command = new Command('cluster')
    .description('Runs a whole fleet on this machine, with servers of its own, until Ctrl-C.')
    .option('--gateways <n>', 'gateways, which take clients', between(1), 2)
    .option('--engines <n>', 'engines, which decide bids', between(1), 2)
    .option('--chats <n>', 'chat stores', between(0), 1)
    .option('--notifiers <n>', 'notifiers', between(0), 1)
    .option('--unlimited', 'lifts the limits on users and addresses, for load tests')
    .option('--json <file>', 'where to write process numbers and addresses once all are at work')
    .option(
      '--data <folder>',
      'keeps database and attachments (default: OUTCRY_DATA, else nowhere)',
    )
    .option('--logs <folder>', 'keeps the logs (default: until the end of the cluster)')
    .allowExcessArguments(false)
    .parse(argv)
  return command.opts<ClusterArguments>()
}

/**
 * Makes room for the file: one that an earlier cluster left would tell of processes that are gone.
 * @returns Its whole path.
 * @throws Failure where it could never be written
 */
export async function makeRoomFor(json: string): Promise<string> {
  const file = resolve(json)
  const folder = dirname(file)
  const isFolder = await stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  )
  if (!isFolder) throw unusable(json, `there is no folder ${folder}`)
  await rm(file, { force: true }).catch((error: unknown) => {
    const isOne = codeOf(error) === 'ERR_FS_EISDIR'
    throw unusable(json, isOne ? 'that is a folder' : `it cannot be replaced (${codeOf(error)})`)
  })
  return file
}

function unusable(json: string, why: string): Failure {
  return new Failure(`--json ${json} cannot be written: ${why}.`, {
    hint: 'Name a file in a folder that is there.',
    exitCode: exitCodes.configuration,
  })
}

function between(min: number) {
  return (text: string): number => {
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= min && value <= eachMax) return value
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${eachMax}.`)
  }
}
