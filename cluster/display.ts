// Where people read how the cluster is: a table that stays in its place on a terminal, and elsewhere (a
// log, a pipe) a line for each change.
import type { Row } from './rows.ts'

export interface Display {
  /** @param rows of the whole table, of which `changed` is one */
  readonly show: (rows: readonly Row[], changed: Row) => void
  /** Something that stays above the table. */
  readonly say: (text: string) => void
}

type Output = Pick<NodeJS.WritableStream, 'write'> & {
  readonly isTTY?: boolean
  readonly rows?: number
  readonly columns?: number
}

const columnsDefault = 80

/** @param height of the table, in rows; one that does not fit on the terminal is not drawn */
export function createDisplay(output: Output, height: number): Display {
  const fits = output.isTTY === true && height + 2 < (output.rows ?? 0)
  return fits ? createDrawnTable(output) : createLines(output)
}

function createLines(output: Output): Display {
  return {
    show: (_, row) => output.write(`${lineOf(row)}\n`),
    say: (text) => output.write(`${text}\n`),
  }
}

function createDrawnTable(output: Output): Display {
  let drawn: readonly string[] = []
  const draw = (lines: readonly string[], above = ''): void => {
    const erase = drawn.length === 0 ? '' : `\u001B[${drawn.length}A\u001B[J`
    output.write(`${erase}${above}${lines.map((line) => `${line}\n`).join('')}`)
    drawn = lines
  }
  return {
    // A line that the terminal breaks would count for two.
    show: (rows) => draw(tableOf(rows, (output.columns ?? columnsDefault) - 1)),
    say: (text) => draw(drawn, `${text}\n`),
  }
}

/** The table as lines of at most `width` characters, headings first. */
export function tableOf(rows: readonly Row[], width: number): readonly string[] {
  const headings = ['role', 'pid', 'port', 'metrics', 'since', 'state']
  const cells = rows.map(({ name, pid, port, metricsPort, sinceMs, state }) => [
    name,
    String(pid ?? ''),
    String(port ?? ''),
    String(metricsPort ?? ''),
    timeOf(sinceMs),
    state,
  ])
  const table = [headings, ...cells]
  const widths = headings.map((_, column) =>
    Math.max(...table.map((cell) => cell[column]?.length ?? 0)),
  )
  const aligned = table.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)))
  return aligned.map((row) => row.join('  ').trimEnd().slice(0, width))
}

/** `12:30:05 gateway-1, pid 4711, port 8080: running`. */
function lineOf({ name, pid, port, state, sinceMs }: Row): string {
  const who = [
    name,
    ...(pid === undefined ? [] : [`pid ${pid}`]),
    ...(port === undefined ? [] : [`port ${port}`]),
  ]
  return `${timeOf(sinceMs)} ${who.join(', ')}: ${state}`
}

function timeOf(ms: number): string {
  return new Date(ms).toTimeString().slice(0, 8)
}
