// What `npm run jobs` says.
import type { JobCounts, ListedJob } from './platform/postgres/job-office.ts'

const errorCharactersMax = 80

/** A table, and what to do next. */
export function describeJobs(
  jobs: readonly ListedJob[],
  counts: JobCounts,
  deadOnly: boolean,
): string {
  const { dead, all } = counts
  const total = deadOnly ? dead : all
  if (total === 0) return deadOnly ? 'No job is dead.' : 'There are no jobs.'
  const rows = jobs.map((job) => [
    job.id,
    job.task,
    job.state === 'waiting' && job.dueInS > 0 ? `in ${span(job.dueInS)}` : job.state,
    `${job.attempts}/${job.attemptsMax}`,
    span(job.ageS),
    firstLine(job.lastError ?? ''),
  ])
  return [
    ...table([['id', 'task', 'state', 'tries', 'age', 'last error'], ...rows]),
    '',
    ...(jobs.length < total ? [`${total - jobs.length} more are not shown.`] : []),
    next(dead),
  ].join('\n')
}

/** `asked`: the ids that were given, undefined where it was for all. */
export function describeRequeued(
  requeued: readonly string[],
  asked: readonly string[] | undefined,
): string {
  const others = (asked ?? []).filter((id) => !requeued.includes(id))
  const one = requeued.length === 1
  return [
    requeued.length === 0
      ? 'No job was dead.'
      : `${requeued.length} job${one ? ' is' : 's are'} done again, as soon as a notifier runs.`,
    ...(others.length === 0 ? [] : [`Not dead, or not there: ${others.join(', ')}.`]),
  ].join('\n')
}

function next(dead: number): string {
  if (dead === 0) return 'None is dead: there is nothing to do.'
  return `${dead} dead. Put right what the last error says, then: npm run jobs -- requeue ID…, or --all.`
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  )
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

function firstLine(text: string): string {
  const [line = ''] = text.split('\n', 1)
  return line.length > errorCharactersMax ? `${line.slice(0, errorCharactersMax - 1)}…` : line
}

const units = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'min'],
] as const

function span(seconds: number): string {
  const [size, unit] = units.find(([least]) => seconds >= least) ?? [1, 's']
  return `${Math.floor(seconds / size)} ${unit}`
}
