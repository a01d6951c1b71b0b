// A process that does jobs, so that a test can kill or freeze it. Its task notes in the table `doings` when it
// begins and when it ends, and waits in between.
import { createLogger } from '../../platform/log.ts'
import { createPool } from '../../platform/postgres/pool.ts'
import { systemClock } from '../../platform/system-clock.ts'
import { createGraphileJobs } from '../adapters/graphile-jobs.ts'
import { doing } from './doings.ts'

const url = process.env['DATABASE_URL']
if (url === undefined) throw new Error('which database?')
const log = createLogger({ name: 'worker' })
const pool = createPool(url, { log, applicationName: `worker ${process.pid}` })
const { pace, workMs } = JSON.parse(process.env['WORKER'] ?? '{}')
const jobs = createGraphileJobs({
  name: 'jobs',
  pool,
  clock: systemClock,
  log,
  concurrency: 4,
  pace,
  tasks: { push: doing(pool, `process ${process.pid}`, workMs) },
})
await jobs.start()
process.stdout.write('ready\n')
setInterval(() => {}, 60_000)
