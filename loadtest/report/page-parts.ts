// The parts of the page about a load test.
import {
  COUNTS,
  type CountName,
  LATENCIES,
  type LatencyName,
  type Percentiles,
} from '../run/measures.ts'
import type { Figure, Figures, Series } from './figures.ts'
import { html, type Markup, type MarkupPart } from './markup.ts'
import type { Report } from './report.ts'
import { boundWords, costCaveat, inUnit } from './text.ts'
import { inBytes, inCount, inMs, inRate, inTimes } from './words.ts'

const nothing = html``

const SIGNS = {
  passed: ['✓', 'Passed'],
  missed: ['✗', 'Targets missed'],
  faulty: ['✗', 'Faults found'],
  'broken off': ['!', 'Broken off'],
} as const

export function headPart({ outcome, says, about, plan, conditions }: Report): Markup {
  const [sign, word] = SIGNS[outcome]
  const devices = `${inTimes(plan.connections, 'connection')}, ${inRate(plan.duration)} s, ${plan.encoding}`
  return html`<header>
<p class="kind">Outcry load test</p>
<h1>${plan.scenario}</h1>
<p class="verdict ${outcome === 'passed' ? 'good' : 'bad'}"><span class="sign" aria-hidden="true">${sign}</span>
<span><strong>${word}.</strong> ${says}</span></p>
${about === undefined ? nothing : html`<p>${about}</p>`}
<p class="note">${devices}, begun <time datetime="${conditions.startedAt}">${conditions.startedAt.replace('T', ' ').slice(0, 19)} UTC</time></p>
</header>`
}

export function targetsPart({ verdicts }: Report): Markup {
  if (verdicts.length === 0) return nothing
  return html`<section aria-labelledby="targets">
<h2 id="targets">Targets</h2>
${table(
  ['What', 'Target', 'Measured', 'Verdict'],
  verdicts.map(({ name, says, bound, target, measured, holds, unit }) => [
    html`<code>${name}</code><br><small>${says}</small>`,
    `${boundWords[bound]} ${inUnit(target, unit)}`,
    measured === null ? 'not measured' : inUnit(measured, unit),
    html`<span class="${holds ? 'good' : 'bad'}">${holds ? '✓ holds' : '✗ missed'}</span>`,
  ]),
)}
</section>`
}

export function figurePart(figure: Figure, { times }: Figures): Markup {
  const { id, title, says, unit, series } = figure
  const rows = series.map(({ name, values }) => rowOf(name, values, times, unit))
  return html`<figure id="${id}">
<figcaption><h3>${title}</h3><p class="note">${says}${unit === '' || unit === '/s' ? '' : ` In ${unit}.`}</p></figcaption>
<div class="plot" role="img" aria-label="${title}: a plot over time of ${series.map(({ name }) => name).join(', ')}. The table below tells its figures."></div>
<details><summary>As a table</summary>
${table(['', 'least', 'middle', 'most', 'most at', 'last'], rows)}
</details>
</figure>`
}

function rowOf(
  name: string,
  values: Series['values'],
  times: readonly number[],
  unit: string,
): string[] {
  const known = values.filter((value) => value !== null)
  const sorted = known.toSorted((one, other) => one - other)
  const most = sorted.at(-1)
  const say = (value: number | undefined) =>
    value === undefined ? '–' : `${inRate(value)}${unit === '' ? '' : ` ${unit}`}`
  const at = most === undefined ? undefined : times[values.indexOf(most)]
  return [
    name,
    say(sorted[0]),
    say(sorted[Math.floor(sorted.length / 2)]),
    say(most),
    at === undefined ? '–' : `${at} s`,
    say(known.at(-1)),
  ]
}

const violationsShown = 100

export function auditPart({ audit }: Report): Markup {
  const heading = html`<h2 id="auditor">The auditor</h2>`
  if (audit === undefined) {
    return html`<section aria-labelledby="auditor">${heading}<p>Nothing was judged.</p></section>`
  }
  const judged = Object.entries(audit.judged).map(([what, many]) => `${inCount(many)} ${what}`)
  const found = audit.count === 0 ? 'No fault was found' : `${inTimes(audit.count, 'fault')} found`
  const shown = audit.violations.slice(0, violationsShown)
  return html`<section aria-labelledby="auditor">
${heading}
<p><span class="${audit.count === 0 ? 'good' : 'bad'}">${audit.count === 0 ? '✓' : '✗'} ${found}</span>
in ${judged.join(', ')}, held against ${audit.by}.</p>
${
  shown.length === 0
    ? nothing
    : table(
        ['Rule', 'What is wrong', 'Evidence'],
        shown.map(({ rule, says, evidence }) => [
          html`<code>${rule}</code>`,
          says,
          Object.entries(evidence)
            .map(([name, value]) => `${name} ${value}`)
            .join(', '),
        ]),
      )
}
${audit.count > shown.length ? html`<p class="note">Only ${shown.length} of ${inCount(audit.count)} are listed.</p>` : nothing}
</section>`
}

export function measuredPart({ measured, ramp, serverCosts, bytesPerDevice }: Report): Markup {
  const counts = Object.keys({ ...ramp.counts, ...measured.counts }) as CountName[]
  const latencies = Object.keys({ ...ramp.latencies, ...measured.latencies }) as LatencyName[]
  return html`<section aria-labelledby="measured">
<h2 id="measured">Figures</h2>
<p class="note">Measured in ${inRate(measured.seconds)} seconds, after all devices had come.</p>
${table(
  ['How often', 'Measured', 'A second', 'While devices came'],
  counts.map((name) => [
    COUNTS[name],
    inCount(measured.counts[name] ?? 0),
    measured.seconds === 0 ? '–' : inRate((measured.counts[name] ?? 0) / measured.seconds),
    inCount(ramp.counts[name] ?? 0),
  ]),
)}
${table(
  ['How long', 'p50', 'p90', 'p99', 'p99.9', 'most', 'times'],
  latencies.flatMap((name) => [
    ...latencyRow(LATENCIES[name], measured.latencies[name]),
    ...latencyRow(`${LATENCIES[name]}, while devices came`, ramp.latencies[name]),
  ]),
)}
${
  serverCosts.length === 0
    ? nothing
    : html`${table(
        ['Memory of a connection', 'bytes', 'connections'],
        serverCosts.map(({ name, bytesPerConnection, connections }) => [
          name,
          inBytes(bytesPerConnection),
          inCount(connections),
        ]),
      )}<p class="note">That is ${costCaveat}.</p>`
}
${bytesPerDevice === undefined ? nothing : html`<p class="note">A device costs the load test ${inBytes(bytesPerDevice)}.</p>`}
</section>`
}

function latencyRow(name: string, times: Percentiles | undefined): string[][] {
  if (times === undefined) return []
  const { p50, p90, p99, p999, max, count } = times
  return [[name, ...[p50, p90, p99, p999, max].map(inMs), inCount(count)]]
}

export function errorsPart({ errors }: Report): Markup {
  const kinds = Object.entries(errors).toSorted(([, one], [, other]) => other - one)
  if (kinds.length === 0) return nothing
  return html`<section aria-labelledby="errors-by-kind">
<h2 id="errors-by-kind">Errors by kind</h2>
${table(
  ['Kind', 'Times'],
  kinds.map(([kind, times]) => [kind, inCount(times)]),
)}
</section>`
}

export function conditionsPart({ conditions, plan }: Report): Markup {
  const { machine, versions, commit, commandLine, limitsLifted, endedAt } = conditions
  const rows: readonly (readonly [string, string])[] = [
    [
      'Machine',
      `${machine.processor}, ${inTimes(machine.cores, 'core')}, ${inBytes(machine.memoryBytes)}`,
    ],
    ['Kernel', machine.kernel],
    ['Load when it began', inRate(machine.loadAverage)],
    ['Open files of a process', inCount(machine.openFilesMax)],
    ['Outcry', `${versions.outcry}${commit === undefined ? '' : ` (${commit})`}`],
    ['Node', versions.node],
    ['Command', ['npm run loadtest --', ...commandLine].join(' ')],
    ['Seed', String(plan.seed)],
    ['Rate, ramp', `${inRate(plan.rate)}/s, ${inRate(plan.ramp)} s`],
    ['Lots', inCount(plan.lots)],
    ['Processes of the load test', inCount(plan.processes)],
    ['Gateways', plan.servers.urls.join(', ')],
    ['Limits lifted', limitsLifted.join(', ') || 'none that is known of'],
    ['Ended', `${endedAt.replace('T', ' ').slice(0, 19)} UTC`],
  ]
  return html`<section aria-labelledby="conditions">
<h2 id="conditions">Conditions</h2>
<dl>
${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}
</dl>
</section>`
}

function cellOf(cell: MarkupPart): Markup {
  const isWords = typeof cell === 'string' && cell.length > wordsFrom
  return isWords ? html`<td class="words">${cell}</td>` : html`<td>${cell}</td>`
}

/** Longer than any figure: such a cell may be broken into lines. */
const wordsFrom = 32

/** The first column names the row. It scrolls by itself where the page is narrow, with the keyboard as well. */
function table(heads: readonly string[], rows: readonly (readonly MarkupPart[])[]): Markup {
  if (rows.length === 0) return nothing
  return html`<div class="table" tabindex="0" role="group" aria-label="${heads.filter(Boolean).join(', ')}">
<table>
<thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead>
<tbody>
${rows.map(([first = '', ...cells]) => html`<tr><th scope="row">${first}</th>${cells.map(cellOf)}</tr>`)}
</tbody>
</table>
</div>`
}
