// docs/benchmarks.md: what was measured last, section by section. It is written from docs/benchmarks.json, which
// keeps each section with the conditions of its own run, so that one can be measured anew without the others.
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Conditions, describeConditions } from './conditions.ts'
import { GOALS, MEASURED_BY_LOADTEST } from './goals.ts'
import type { GoalVerdict, Section, Table } from './section.ts'

export interface MeasuredSection {
  readonly section: Section
  readonly conditions: Conditions
}

const docs = fileURLToPath(new URL('../docs', import.meta.url))
const figuresName = 'benchmarks.json'

const intro = `# Benchmarks

What Outcry carries, beside what one would use or write instead, measured in the same run on the same cores.
A figure that stands alone says more about the machine than about the program: look at the ratios.

This page is written by \`npm run bench -- --write\` from [benchmarks.json](benchmarks.json); one section is
measured anew by its name, as in \`npm run bench -- fanout --write\`. The ways of a section take turns, round after
round, so that whatever the machine does meanwhile happens to all of them, and the median counts; a goal that is a ratio is, where
the two take turns, the median of the ratios within each round, which is not always that of the medians in a table.
Every run checks that what was published came everywhere once and in order, and that what was acknowledged is stored;
one that finds otherwise ends without figures.`

/**
 * Puts what was measured in the place of what was measured before, and writes the page anew.
 * @param order the names of all sections, as they are to follow each other; others are left out
 */
export async function writeDocument(
  measured: readonly MeasuredSection[],
  order: readonly string[],
  folder = docs,
): Promise<void> {
  const before = await measuredBefore(folder)
  const all = order.flatMap((name) => {
    const named = ({ section }: MeasuredSection) => section.name === name
    return measured.findLast(named) ?? before.find(named) ?? []
  })
  await replace(join(folder, figuresName), `${JSON.stringify(all, undefined, 2)}\n`)
  await replace(join(folder, 'benchmarks.md'), renderDocument(all))
}

/** Whoever interrupts finds the old file or the new one. */
async function replace(file: string, text: string): Promise<void> {
  await writeFile(`${file}.new`, text)
  await rename(`${file}.new`, file)
}

async function measuredBefore(folder: string): Promise<readonly MeasuredSection[]> {
  try {
    return JSON.parse(await readFile(join(folder, figuresName), 'utf8')) as MeasuredSection[]
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

export function renderDocument(measured: readonly MeasuredSection[]): string {
  const goals = measured.flatMap(({ section }) => section.goals)
  return `${[intro, renderGoals(goals), ...measured.map(renderSection)].join('\n\n')}\n`
}

/** Every goal has its row; one that nothing has measured says so. */
function renderGoals(verdicts: readonly GoalVerdict[]): string {
  const rows = Object.entries(GOALS).flatMap(([goal, about]) => {
    const found = verdicts.filter((verdict) => verdict.goal === goal)
    if (found.length > 0) return found.map((verdict) => goalRow(about, verdict))
    const scenario = MEASURED_BY_LOADTEST[goal]
    const by = scenario === undefined ? 'not measured yet' : `\`npm run loadtest -- ${scenario}\``
    return [[goal, about, '', by, '', '']]
  })
  const reached = verdicts.filter(({ holds }) => holds).length
  return [
    '## Goals',
    `${reached} of the ${verdicts.length} that were measured are reached. Where a goal is missed, the last column says why, as far as that was measured.`,
    renderRows(['', 'what', 'wanted', 'measured', '', 'why, as far as measured'], rows, [0, 1, 5]),
  ].join('\n\n')
}

function goalRow(about: string, verdict: GoalVerdict): readonly string[] {
  const { goal, says, wanted, measured, holds, boundBy } = verdict
  const bound = holds ? '' : (boundBy ?? '')
  const what = `${about}: ${says}`
  return [goal, what, wanted, measured, holds ? 'reached' : '**missed**', bound]
}

function renderSection({ section, conditions }: MeasuredSection): string {
  const { title, says, tables } = section
  const list = [describeConditions(conditions), ...section.conditions]
  return [
    `## ${title}`,
    says,
    list.map((condition) => `- ${condition}`).join('\n'),
    ...tables.map(renderTable),
  ].join('\n\n')
}

function renderTable({ title, head, rows }: Table): string {
  return [`### ${title}`, renderRows(head, rows)].join('\n\n')
}

/** @param ofWords the columns that hold words, which stand to the left; figures stand to the right */
function renderRows(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  ofWords: readonly number[] = [0],
): string {
  const rule = head.map((_, at) => (ofWords.includes(at) ? '---' : '---:'))
  return [line(head), `| ${rule.join(' | ')} |`, ...rows.map(line)].join('\n')
}

const line = (cells: readonly string[]): string => `| ${cells.map(escaped).join(' | ')} |`
const escaped = (cell: string): string => cell.replaceAll('|', '\\|')
