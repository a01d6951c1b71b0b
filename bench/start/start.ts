// `npm run bench -- start`: how long it takes until everything is there, the first time and again, beside the
// PostgreSQL that it brings alone.
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createHttpClient } from '../../loadtest/http-client.ts'
import { EmbeddedPostgres } from '../../platform/embedded/embedded-postgres.ts'
import { createLogger } from '../../platform/log.ts'
import { type Keep, keeping } from '../keeping.ts'
import { figure, ratio } from '../report.ts'
import type { BenchOptions, GoalVerdict, Section } from '../section.ts'
import { type Figures, takeTurns } from '../turns.ts'
import { OutcryProcess, type Steps } from './outcry-process.ts'

type Started = Figures<'first ms' | 'again ms'>
/** Of Outcry, whose log tells them. */
type StartedInSteps = Figures<
  keyof Started | `first: ${keyof Steps} ms` | `again: ${keyof Steps} ms`
>

const firstMsMax = 2_500
const againMsMax = 1_000
const steps = ['loading', 'postgres', 'tables', 'services'] as const
const stepTitles: Readonly<Record<keyof Steps, string>> = {
  loading: 'Node, and the modules it takes to begin',
  postgres: 'PostgreSQL, made and started, and meanwhile the other modules',
  tables: 'tables of this version',
  services: 'services',
}

export function benchStart({ rounds, say }: BenchOptions): Promise<Section> {
  return keeping(async (keep) => {
    const options = { rounds, say }
    // Programs and modules are in the memory of the system afterwards, as they are on a machine that runs.
    await startPostgres(keep)
    const turns = [
      { name: 'PostgreSQL alone', measure: () => startPostgres(keep) },
      { name: 'Outcry', measure: () => startOutcry(keep) },
    ]
    const [postgres, outcry] = await takeTurns<string>(turns, options)
    return reportOf(postgres as Started, outcry as StartedInSteps)
  })
}

/** Its programs as Outcry runs them, with the same settings: the data are made, the server takes connections. */
async function startPostgres(keep: Keep): Promise<Started> {
  const dataFolder = join(await newFolder(keep), 'data')
  const log = createLogger({ name: 'bench', level: 'error' })
  const server = await keep(
    Promise.resolve(new EmbeddedPostgres({ dataFolder, log })),
    (postgres) => postgres.stop(),
  )
  const first = await tookMs(() => server.start())
  await server.stop()
  const again = await tookMs(() => server.start())
  await server.stop()
  return { 'first ms': first, 'again ms': again }
}

/** @throws where what was made before the restart is not there after it */
async function startOutcry(keep: Keep): Promise<StartedInSteps> {
  const folder = await newFolder(keep)
  const folders = {
    dataFolder: join(folder, 'data'),
    // Of its own, so that the first start is one of a program that never ran here.
    compiledFolder: join(folder, 'compiled'),
  }
  const start = () => keep(Promise.resolve(new OutcryProcess(folders)), (process) => process.end())

  const first = await start()
  const { url, ms: firstMs } = await first.ready()
  const lot = await putUp(url)
  await first.stop()

  const again = await start()
  const { url: urlAgain, ms: againMs } = await again.ready()
  const found = await (await seller(urlAgain)).call('GET', `/v1/lots/${lot}`)
  if (found['lotId'] !== lot) throw new Error('a lot is not there after the restart')
  await again.stop()

  return {
    'first ms': firstMs,
    'again ms': againMs,
    ...stepsOf('first', first.steps),
    ...stepsOf('again', again.steps),
  } as StartedInSteps
}

function stepsOf(which: 'first' | 'again', took: Steps): Readonly<Record<string, number>> {
  return Object.fromEntries(steps.map((step) => [`${which}: ${step} ms`, took[step]]))
}

async function newFolder(keep: Keep): Promise<string> {
  const folder = await keep(mkdtemp(join(tmpdir(), 'outcry-bench-start-')), (made) =>
    // PostgreSQL may still put something down, where Outcry had to be killed.
    rm(made, { recursive: true, force: true, maxRetries: 10 }),
  )
  // PostgreSQL does not run as root: where we do, the user that it runs as must get through.
  await chmod(folder, 0o755)
  return folder
}

async function tookMs(act: () => Promise<void>): Promise<number> {
  const beganMs = performance.now()
  await act()
  return performance.now() - beganMs
}

async function seller(url: string) {
  const who = { user: 'alice', roles: ['seller'] }
  const { token } = await createHttpClient(url).call('POST', '/v1/dev/token', who)
  return createHttpClient(url, String(token))
}

/** A draft, which only its seller sees. */
async function putUp(url: string): Promise<string> {
  const terms = {
    title: 'A brass lamp',
    currency: 'USD',
    format: 'english',
    startPrice: 1_000,
    startsAt: 0,
    endsAt: Date.now() + 3_600_000,
  }
  const { lotId } = await (await seller(url)).call('POST', '/v1/lots', terms)
  return String(lotId)
}

function reportOf(postgres: Started, outcry: StartedInSteps): Section {
  const row = (title: string, name: 'first ms' | 'again ms') => [
    title,
    figure(postgres[name]),
    figure(outcry[name]),
    ratio(outcry[name], postgres[name]),
  ]
  return {
    name: 'start',
    title: 'Start',
    says: 'How long it takes from the start of the process until `/readyz` says that everything is there, in milliseconds: the first time, when there is no data folder yet and nothing of the program is compiled, and again after that. Beside it what its PostgreSQL takes alone, which makes its data (`initdb`) and starts. What was put up before the restart must be there after it.',
    conditions: [
      'The process of `npm start` without any setting but its folder and its ports; what npm itself takes before it runs the process is not counted.',
      'Programs and modules are in the memory of the system, as they are after an installation; the folders are new ones. So is the one where Node keeps what it made of the modules: the first start compiles all of them, the second finds what the first has left. The modules of the services are read while PostgreSQL is made and started, which makes that step longer than PostgreSQL alone.',
    ],
    tables: [
      {
        title: 'Until it is ready',
        head: ['', 'PostgreSQL alone, ms', 'Outcry, ms', 'ratio'],
        rows: [row('the first time', 'first ms'), row('again', 'again ms')],
      },
      {
        title: 'Where Outcry’s time goes',
        head: ['', 'the first time, ms', 'again, ms'],
        rows: steps.map((step) => [
          stepTitles[step],
          figure(outcry[`first: ${step} ms`]),
          figure(outcry[`again: ${step} ms`]),
        ]),
      },
    ],
    goals: [
      goalOf('the first time', outcry['first ms'], firstMsMax, longest('first', outcry)),
      goalOf('again', outcry['again ms'], againMsMax, longest('again', outcry)),
    ],
  }
}

function goalOf(says: string, ms: number, msMax: number, boundBy: string): GoalVerdict {
  return {
    goal: 'P16',
    says,
    wanted: `≤ ${figure(msMax / 1_000)} s`,
    measured: `${figure(ms / 1_000)} s`,
    holds: ms <= msMax,
    boundBy,
  }
}

/** The step that takes longest, and its share. */
function longest(which: 'first' | 'again', outcry: StartedInSteps): string {
  const [step = 'loading'] = steps.toSorted(
    (one, other) => outcry[`${which}: ${other} ms`] - outcry[`${which}: ${one} ms`],
  )
  return `${stepTitles[step]}: ${figure(outcry[`${which}: ${step} ms`])} ms of it`
}
