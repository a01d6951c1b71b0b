// `npm run loadtest -- SCENARIO`: how many connections, bids and messages a deployment carries, and whether
// every answer is right.
import { Failure } from '../platform/failure.ts'
import { runMain } from '../platform/run-process.ts'
import { readArguments } from './command/arguments.ts'
import { roomHere } from './command/room.ts'
import { namedServers, openServers } from './command/servers.ts'
import { isTargetFile, readTarget } from './command/target-file.ts'
import { taskOf } from './command/wish.ts'
import { runHttpLoad } from './http-load.ts'
import { createLiveView } from './live-view.ts'
import { noteConditions } from './report/conditions.ts'
import { checkPlaces, writeReport } from './report/files.ts'
import { type Report, reportOf } from './report/report.ts'
import { textOf } from './report/text.ts'
import type { AnyPlan } from './run/plan.ts'
import { type Progress, type RunResult, run } from './run/run.ts'
import type { TokenSource } from './tokens.ts'

/** Of a run that came to its end, but not as it should have. */
const missedExitCode = 1
const interruptedExitCodes = { SIGINT: 130, SIGTERM: 143 } as const

async function loadtest(): Promise<void> {
  const abort = abortOnSignals()
  const { what, given } = readArguments(process.argv)
  const target = isTargetFile(what) ? await readTarget(what) : undefined
  const named = await namedServers(given)
  const room = roomHere()
  const task = taskOf(target ?? what, { given, named, room })
  await checkPlaces(given)
  const found = await openServers(named, given, process.env['JWT_SECRET'])
  void found.own?.died.then((failure) => abort.abort(failure))
  try {
    const plan: AnyPlan = { ...task, servers: found.servers }
    const { signal } = abort
    const conditions = await noteConditions({
      commandLine: process.argv.slice(2),
      room,
      limitsLifted: found.limitsLifted,
    })
    const result = await watched(plan, found.tokens, signal)
    const report = reportOf({ plan, target, result, conditions: conditions() })
    process.stdout.write(`${textOf(report)}\n`)
    await writeReport(report, given)
    process.exitCode = exitCodeOf(report, result)
  } finally {
    await found.stop()
  }
}

async function watched(
  plan: AnyPlan,
  tokens: TokenSource,
  signal: AbortSignal,
): Promise<RunResult> {
  signal.throwIfAborted()
  const view = createLiveView(plan, process.stdout)
  const onProgress = (progress: Progress) => view.show(progress)
  try {
    const options = { tokens, signal, onProgress }
    return plan.scenario === 'http'
      ? await runHttpLoad({ ...options, plan })
      : await run({ ...options, plan })
  } finally {
    view.end()
  }
}

function exitCodeOf({ outcome }: Report, { brokenOff }: RunResult): number {
  if (brokenOff !== undefined) return brokenOff.exitCode
  return outcome === 'passed' ? 0 : missedExitCode
}

/** The first Ctrl-C ends the run as it stands; what was measured is reported, and servers are stopped. */
function abortOnSignals(): AbortController {
  const abort = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      const exitCode = interruptedExitCodes[signal]
      abort.abort(new Failure('The run was interrupted.', { exitCode }))
    })
  }
  return abort
}

await runMain(loadtest)
