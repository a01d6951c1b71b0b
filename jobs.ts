// `npm run jobs -- list [--dead]` and `npm run jobs -- requeue ID… | --all`: what waits to be pushed, and what
// failed for good until somebody has put right why.
import { Command, InvalidArgumentError } from 'commander'
import { withDatabase } from './command-database.ts'
import { describeJobs, describeRequeued } from './jobs-report.ts'
import { Failure } from './platform/failure.ts'
import { createLogger } from './platform/log.ts'
import { countJobs, listJobs, requeueJobs } from './platform/postgres/job-office.ts'
import { closePool, createPool, type Pool } from './platform/postgres/pool.ts'
import { runMain } from './platform/run-process.ts'

const rowsMax = 50

const say = (text: string): boolean => process.stdout.write(`${text}\n`)

async function onJobs(work: (pool: Pool) => Promise<void>): Promise<void> {
  await withDatabase(process.env, async (url) => {
    const log = createLogger({ name: 'jobs', level: 'warn' })
    const pool = createPool(url, { log, applicationName: 'outcry jobs', max: 1 })
    try {
      const { rows } = await pool.query<{ there: boolean }>(
        "SELECT to_regclass('graphile_worker.jobs') IS NOT NULL AS there",
      )
      if (rows[0]?.there !== true) {
        throw new Failure('There are no tables for jobs in this database.', {
          hint: '`npm run migrate` brings them.',
        })
      }
      await work(pool)
    } finally {
      await closePool(pool)
    }
  })
}

async function list({ dead: deadOnly }: { dead: boolean }): Promise<void> {
  await onJobs(async (pool) => {
    const jobs = await listJobs(pool, { deadOnly, limit: rowsMax })
    say(describeJobs(jobs, await countJobs(pool), deadOnly))
  })
}

async function requeue(ids: string[], { all }: { all: boolean }): Promise<void> {
  if (all === ids.length > 0) {
    throw new Failure('It takes either the ids of dead jobs or --all.', {
      hint: '`npm run jobs -- list --dead` lists them.',
    })
  }
  await onJobs(async (pool) => {
    say(describeRequeued(await requeueJobs(pool, all ? 'all' : ids), all ? undefined : ids))
  })
}

function jobId(text: string, before: string[] = []): string[] {
  if (/^[1-9]\d{0,17}$/.test(text)) return [...before, text]
  throw new InvalidArgumentError('It must be the number of a job.')
}

const program = new Command('jobs').description(
  'Lists what waits to be done, and has dead jobs done again.',
)
program
  .command('list')
  .description('lists jobs: dead ones first, then those that fall due next')
  .option('--dead', 'only those that failed for good', false)
  .action(list)
program
  .command('requeue')
  .description('has dead jobs done again, now')
  .argument('[ids...]', 'the numbers of dead jobs', jobId)
  .option('--all', 'all that are dead', false)
  .action((ids: string[] | undefined, options) => requeue(ids ?? [], options))

await runMain(async () => {
  await program.parseAsync()
})
