// `npm run replay -- FILE.csv`: bids a file of past auctions again, through real sockets, and compares
// what each lot is sold for with what the file says. Exits 0 when every bid was answered and every
// auction closed, whether or not all prices match (the summary lists those that do not); 69 when the file
// or the server is of no use, or the server refused or lost what it must not; 1 when the run broke off
// otherwise.
import { Command, InvalidArgumentError } from 'commander'
import { Failure } from '../platform/failure.ts'
import { onInterrupt } from '../platform/on-interrupt.ts'
import { readAuctions } from './auction-file.ts'
import { startOwnServer } from './own-server.ts'
import { createProgress } from './progress.ts'
import { describeReplay } from './replay-report.ts'
import { replayAll } from './replay-run.ts'

interface Options {
  readonly url?: string
  readonly tokenUrl?: string
  readonly concurrency: number
}

/** Where `npm start` listens unless it is told otherwise. */
const defaultUrl = 'http://localhost:8080'
/** All of the run's people come from one address, and bid as fast as they are answered. */
const ownServerSettings = {
  LIMIT_REQUESTS_PER_TOKEN: 'off',
  LIMIT_CONNECTIONS_PER_ADDRESS: 'off',
  LIMIT_BIDS_PER_USER: 'off',
  LIMIT_BIDS_PER_USER_ALL_LOTS: 'off',
}

const say = (text: string): boolean => process.stdout.write(`${text}\n`)

async function replay(file: string, options: Options): Promise<void> {
  const auctions = await readAuctions(file)
  const found = findServer(options.url)
  // Also while it starts: a server of our own must not be left behind.
  onInterrupt(async () => (await found).stop())
  const server = await found
  const progress = createProgress(auctions.length, 'auctions', process.stdout)
  try {
    const report = await replayAll(auctions, {
      ...options,
      url: server.url,
      onProgress: (done, bids) => progress.update(done, `${bids} bids`),
    })
    progress.stop()
    say(describeReplay(report))
  } finally {
    progress.stop()
    await server.stop()
  }
}

/** The server at `url`; without one whatever runs at the default address, else one of our own. */
async function findServer(
  url: string | undefined,
): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const running = { url: url ?? defaultUrl, async stop() {} }
  if (url !== undefined) return running
  if (await isReady(defaultUrl)) {
    say(`Replaying on the server at ${defaultUrl}.`)
    return running
  }
  say('No server runs; starting one on a throw-away data folder, without rate limits.')
  return startOwnServer(ownServerSettings)
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(new URL('/readyz', url))).ok
  } catch {
    return false
  }
}

function atLeastOne(text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 1) return value
  throw new InvalidArgumentError('It must be a whole number from 1 on.')
}

function httpAddress(text: string): string {
  const protocol = URL.canParse(text) ? new URL(text).protocol : ''
  if (protocol === 'http:' || protocol === 'https:') return text
  throw new InvalidArgumentError('It must be an address like http://localhost:8080.')
}

const command = new Command('replay')
  .description('Bids a file of past auctions again and compares the final prices.')
  .argument('<file>', 'the auctions: CSV in the format of loadtest/data/ebay-palm.csv')
  .option(
    '--url <address>',
    `the server (default: ${defaultUrl}, else one of its own)`,
    httpAddress,
  )
  .option('--token-url <address>', 'who gives tokens (default: the server)', httpAddress)
  .option('--concurrency <n>', 'auctions played at the same time', atLeastOne, 8)
  .action(replay)

try {
  await command.parseAsync()
} catch (error) {
  // Without a stack: what the operator can mend is said in the sentence.
  process.stderr.write(`${error instanceof Failure ? error.text : String(error)}\n`)
  process.exitCode = error instanceof Failure ? error.exitCode : 1
}
