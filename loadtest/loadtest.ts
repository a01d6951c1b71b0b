// `npm run loadtest -- SCENARIO`: how many connections, bids and messages a deployment carries, and whether
// every answer is right.
import { availableParallelism } from 'node:os'
import { onInterrupt } from '../platform/on-interrupt.ts'
import { runMain } from '../platform/run-process.ts'
import { readArguments } from './command/arguments.ts'
import { findServers } from './command/servers.ts'
import { planOf } from './command/wish.ts'
import { createLiveView, inWords } from './live-view.ts'
import { COUNTS, LATENCIES } from './run/measures.ts'
import { type RunResult, run } from './run/run.ts'

const say = (text: string): boolean => process.stdout.write(`${text}\n`)

const violationsShown = 10

async function loadtest(): Promise<void> {
  const { what, given } = readArguments(process.argv)
  const finding = findServers(given, process.env['JWT_SECRET'])
  const abort = new AbortController()
  // Also while it starts: a server of our own must not be left behind.
  onInterrupt(async () => {
    abort.abort()
    await (await finding).stop()
  })
  const found = await finding
  const { servers, tokens } = found
  try {
    const plan = planOf(what, given, servers, availableParallelism())
    const view = createLiveView(plan, process.stdout)
    const result = await run({
      plan,
      tokens,
      signal: abort.signal,
      onProgress: (progress) => view.show(progress),
    })
    view.end()
    say(describe(result))
    if (result.brokenOff !== undefined) throw result.brokenOff
    if (result.audit !== undefined && result.audit.count > 0) process.exitCode = 1
  } finally {
    await found.stop()
  }
}

function describe({ timeline, bytesPerDevice, audit }: RunResult): string {
  const { measured, performedSeconds } = timeline
  const counts = Array.from(measured.counts, ([name, times]) => {
    const rate = (times / Math.max(1, performedSeconds)).toFixed(1)
    return `  ${COUNTS[name]}: ${times} (${rate}/s)`
  })
  const times = measured.latencyNames().flatMap((name) => {
    const latency = measured.latency(name)
    return latency === undefined ? [] : [`  ${LATENCIES[name]}: ${inWords(latency)}`]
  })
  const cost = Math.max(...bytesPerDevice)
  return [
    '',
    ...counts,
    ...times,
    ...verdictOf(audit),
    `  a device of the load test costs ${cost.toFixed(0)} bytes`,
  ].join('\n')
}

function verdictOf(audit: RunResult['audit']): string[] {
  if (audit === undefined) return ['  nothing was judged']
  const judged = Object.entries(audit.judged).map(([what, many]) => `${many} ${what}`)
  const found = audit.count === 0 ? 'no fault' : `${audit.count} faults`
  const shown = audit.violations.slice(0, violationsShown).map(({ says }) => `    ${says}`)
  return [`  judged by ${audit.by}: ${judged.join(', ')}: ${found}`, ...shown]
}

await runMain(loadtest)
