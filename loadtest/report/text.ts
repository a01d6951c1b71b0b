// The report as it stands on the terminal when a run is over.
import {
  COUNTS,
  type CountName,
  LATENCIES,
  type LatencyName,
  type Percentiles,
} from '../run/measures.ts'
import type { Verdict } from './expectations.ts'
import type { Figures, Report } from './report.ts'
import { inBytes, inCount, inMs, inRate, inTimes, printable } from './words.ts'

const violationsShown = 10
const errorsShown = 10

export function textOf(report: Report): string {
  const { measured, ramp, errors, verdicts } = report
  return [
    '',
    ...figureLines(`measured in ${inRate(measured.seconds)} s`, measured, measured.seconds),
    ...figureLines('while devices came', ramp, undefined),
    ...errorLines(errors),
    ...costLines(report),
    ...auditLines(report),
    ...(verdicts.length === 0 ? [] : ['', ...tableOf(verdicts)]),
    '',
    report.says,
  ].join('\n')
}

function figureLines(title: string, figures: Figures, seconds: number | undefined): string[] {
  const happened = (Object.entries(figures.counts) as [CountName, number][]).filter(
    ([, times]) => times > 0,
  )
  const counts = happened.map(([name, times]) => {
    const rate = seconds === undefined || seconds === 0 ? '' : ` (${inRate(times / seconds)}/s)`
    return `  ${COUNTS[name]}: ${inCount(times)}${rate}`
  })
  const times = (Object.entries(figures.latencies) as [LatencyName, Percentiles][]).map(
    ([name, { p50, p99, max }]) =>
      `  ${LATENCIES[name]}: p50 ${inMs(p50)}, p99 ${inMs(p99)}, most ${inMs(max)}`,
  )
  const lines = [...counts, ...times]
  return lines.length === 0 ? [] : [`${title}:`, ...lines]
}

function errorLines(errors: Report['errors']): string[] {
  const kinds = Object.entries(errors).toSorted(([, one], [, other]) => other - one)
  if (kinds.length === 0) return []
  const shown = kinds.slice(0, errorsShown)
  const others = kinds.length - shown.length
  return [
    'errors:',
    ...shown.map(([kind, times]) => `  ${inCount(times)} × ${printable(kind)}`),
    ...(others > 0 ? [`  and ${inTimes(others, 'other kind')}`] : []),
  ]
}

/** What a run can not know better, so that nobody takes it for more. */
export const costCaveat =
  'what the memory of the whole process grew by, garbage and whatever else it did in that time included; of few connections it says little'

function costLines({ serverCosts, bytesPerDevice }: Report): string[] {
  const ofServers = serverCosts.map(
    ({ name, bytesPerConnection, connections }) =>
      `  ${name}: ${inBytes(bytesPerConnection)} a connection, over ${inCount(connections)}`,
  )
  const ofDevice =
    bytesPerDevice === undefined ? [] : [`  the load test: ${inBytes(bytesPerDevice)} a device`]
  const caveat = ofServers.length === 0 ? [] : [`  A connection’s is ${costCaveat}.`]
  const lines = [...ofServers, ...caveat, ...ofDevice]
  return lines.length === 0 ? [] : ['memory:', ...lines]
}

function auditLines({ audit }: Report): string[] {
  if (audit === undefined) return ['nothing was judged']
  const judged = Object.entries(audit.judged).map(([what, many]) => `${inCount(many)} ${what}`)
  const found = audit.count === 0 ? 'no fault' : inTimes(audit.count, 'fault')
  const shown = audit.violations.slice(0, violationsShown).map(({ says, evidence }) => {
    const facts = Object.entries(evidence).map(([name, value]) => `${name} ${value}`)
    return `  ${printable(`${says} (${facts.join(', ')})`)}`
  })
  return [`judged by ${audit.by}: ${judged.join(', ')}: ${found}`, ...shown]
}

function tableOf(verdicts: readonly Verdict[]): string[] {
  const rows = verdicts.map((verdict) => [
    verdict.name,
    `${boundWords[verdict.bound]} ${inUnit(verdict.target, verdict.unit)}`,
    verdict.measured === null ? 'not measured' : inUnit(verdict.measured, verdict.unit),
    verdict.holds ? 'holds' : 'MISSED',
  ])
  const all = [['', 'target', 'measured', 'verdict'], ...rows]
  const widths = [0, 1, 2].map((at) => Math.max(...all.map((row) => row[at]?.length ?? 0)))
  return all.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('   ')
      .trimEnd(),
  )
}

export const boundWords = { atLeast: 'at least', atMost: 'at most' } as const

export function inUnit(value: number, unit: Verdict['unit']): string {
  switch (unit) {
    case 'ms':
      return inMs(value)
    case 'bytes':
      return inBytes(value)
    case 'a second':
      return `${inRate(value)}/s`
    case 'cores':
      return `${inRate(value)} cores`
    case 'devices':
    case 'times':
    case 'violations':
      return inCount(value)
  }
}
