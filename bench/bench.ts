// `npm run bench`: how many messages per second become durable, one transaction each and in batches, in
// one run on one throw-away PostgreSQL. Takes about a minute and leaves nothing behind. `owners` measures
// another thing: how long lots stand still when their engine changes.
import { writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { Command, InvalidArgumentError } from 'commander'
import { createLogger } from '../platform/log.ts'
import { onInterrupt } from '../platform/on-interrupt.ts'
import { closePool, createPool, type Pool } from '../platform/postgres/pool.ts'
import { runMain } from '../platform/run-process.ts'
import { batched } from './batched.ts'
import { oneInsertEach, oneTransactionEach } from './one-by-one.ts'
import { benchOwners } from './owners.ts'
import { benchPush } from './push.ts'
import { describeReport, type Report } from './report.ts'
import { run } from './run.ts'
import { startThrowawayPostgres } from './throwaway-postgres.ts'
import type { Way } from './ways.ts'

interface Options {
  readonly rounds: number
  readonly seconds: number
  readonly json?: string
}

const clients = 32
const senders = 256
const lanes = 4
const batchMax = 256
const conversations = [1, 64]
/** Of ordinary length in a marketplace. */
const text = 'Is the lamp still there? I could come by tomorrow after six and pay in cash.'
const warmUpMs = 300
/** Not all at once: the ways take turns, and each keeps some connections for itself. */
const connectionsMax = clients + 2 * lanes

const say = (line: string): boolean => process.stdout.write(`${line}\n`)

async function bench({ rounds, seconds, json }: Options): Promise<void> {
  const log = createLogger({ name: 'bench', level: 'error' })
  say('Starting a throw-away PostgreSQL.')
  const starting = startThrowawayPostgres(log)
  let isInterrupted = false
  // Also while it starts: a server of ours must not be left behind.
  onInterrupt(async () => {
    isInterrupted = true
    await (await starting).stop()
  })
  const server = await starting
  const pool = createPool(server.url, { log, applicationName: 'bench', max: connectionsMax })
  try {
    const series = await run({
      ways: waysOn(pool),
      conversations,
      rounds,
      warmUpMs,
      measureMs: seconds * 1_000,
      onProgress: say,
    })
    const report: Report = { conditions: await conditionsOf(pool, rounds, seconds), series }
    say(`\n${describeReport(report)}\n`)
    if (json !== undefined) await writeFile(json, `${JSON.stringify(report, undefined, 2)}\n`)
    say(
      json === undefined
        ? 'Next: npm run bench -- --json FILE keeps the numbers, to compare them with another run.'
        : `The numbers are in ${json}. Next: compare them with those of another run.`,
    )
  } catch (error) {
    // Its server was taken away: that is no failure, and whoever took it ends the process.
    if (isInterrupted) await new Promise(() => {})
    throw error
  } finally {
    await closePool(pool)
    await server.stop()
  }
}

/** The first is what the others are compared with. */
function waysOn(pool: Pool): readonly Way[] {
  const log = createLogger({ name: 'bench', level: 'error' })
  return [
    oneTransactionEach(pool, clients, text),
    oneInsertEach(pool, clients, text),
    // More senders than that would only wait longer for their turn.
    batched({ pool, log, lanes, senders: clients, text, batchMax: 1 }),
    batched({ pool, log, lanes, senders, text, batchMax }),
  ]
}

async function conditionsOf(pool: Pool, rounds: number, seconds: number) {
  const { rows } = await pool.query<{ version: string; fsync: string }>(
    `SELECT current_setting('server_version') AS version, current_setting('fsync') AS fsync`,
  )
  return {
    cores: availableParallelism(),
    node: process.versions.node,
    postgres: rows[0]?.version ?? 'unknown',
    fsync: rows[0]?.fsync ?? 'unknown',
    textCharacters: text.length,
    rounds,
    secondsEach: seconds,
  }
}

function between(min: number, max: number): (value: string) => number {
  return (value) => {
    const number = Number(value)
    if (Number.isFinite(number) && number >= min && number <= max) return number
    throw new InvalidArgumentError(`It must be a number from ${min} to ${max}.`)
  }
}

const command = new Command('bench')
  .description('Measures how many messages per second become durable, one by one and in batches.')
  .option('--rounds <n>', 'how often each way has its turn', between(1, 100), 3)
  .option('--seconds <n>', 'how long each turn is measured', between(0.1, 60), 1.5)
  .option('--json <file>', 'where to write the numbers as well')
  .action(bench)
  .enablePositionalOptions()

command
  .command('owners')
  .description('Measures how long lots stand still when their engine is killed, ended, or joined.')
  .option('--rounds <n>', 'how often each of these happens', between(1, 1_000), 20)
  .option('--lots <n>', 'how many lots are bid on', between(1, 1_000), 32)
  .action(benchOwners)

command
  .command('push')
  .description('Measures how long after it was said a message is with the push service.')
  .option('--rate <n>', 'messages a second', between(1, 10_000), 500)
  .option('--seconds <n>', 'for so long', between(1, 600), 30)
  .action(benchPush)

await runMain(async () => void (await command.parseAsync()))
