// What `npm run loadtest` takes.
import { Command, InvalidArgumentError } from 'commander'
import { HTTP, type PlanOptions, PlanOptions as PlanOptionsSchema } from '../run/plan.ts'
import { SCENARIOS } from '../scenarios/scenarios.ts'

export interface LoadtestArguments extends Partial<PlanOptions> {
  readonly url?: readonly string[]
  readonly metricsUrl?: readonly string[]
  /** What `npm run cluster -- --json FILE` wrote: all addresses in one. */
  readonly cluster?: string
  readonly tokenUrl?: string
  readonly databaseUrl?: string
  readonly source?: readonly string[]
  readonly drainPid?: number
  readonly json?: string
  readonly html?: string
}

/** What a user asked for: a scenario, or a file that says what must hold. */
export interface LoadtestWish {
  /** The name of a scenario, or the path of a target file. */
  readonly what: string
  readonly given: LoadtestArguments
}

/** @param argv as of the process. Ends the process with 1 where they do not hold, and says which. */
export function readArguments(argv: readonly string[]): LoadtestWish {
  const { shape } = PlanOptionsSchema
  const command = new Command('loadtest')
    .description('Finds out how much a deployment carries, and whether every answer is right.')
    .argument('<scenario|target.json>', 'what the devices do, or a file that says what must hold')
    .option(
      '--url <address>',
      'a gateway; once for each (default: a server of its own)',
      httpAddress,
    )
    .option('--metrics-url <address>', 'the /metrics of a server; once for each', httpAddress)
    .option('--cluster <file>', 'the addresses, as npm run cluster -- --json wrote them')
    .option(
      '--token-url <address>',
      'who gives tokens (default: the first gateway; JWT_SECRET signs here)',
      one,
    )
    .option(
      '--database-url <url>',
      'lets the auditor read every decision (of a server of its own it always does)',
    )
    .option('--source <address>', 'a source address; once for each', several)
    .option('--drain-pid <pid>', 'the process of a gateway that drain tells to stop', processId)
    .option('--json <file>', 'where to write the report for programs')
    .option('--html <file>', 'where to write the report for people')
  for (const [name, schema] of Object.entries(shape)) {
    command.option(`--${name} <value>`, schema.description ?? '', (text) => valueOf(schema, text))
  }
  command.addHelpText('after', `\nScenarios:\n${scenarioTable()}`).parse(argv)
  const [what = ''] = command.args
  return { what, given: command.opts<LoadtestArguments>() }
}

function scenarioTable(): string {
  const http =
    'a lot, its bids and conversations by HTTP, over --connections, all together at --rate'
  const rows = Object.entries(SCENARIOS).map(([name, { says }]) => [name, says] as const)
  return [...rows, [HTTP, http] as const]
    .map(([name, says]) => `  ${name.padEnd(14)}${says}`)
    .join('\n')
}

/** @throws InvalidArgumentError that says what was expected */
function valueOf(
  schema: (typeof PlanOptionsSchema)['shape'][keyof PlanOptions],
  text: string,
): unknown {
  const number = Number(text)
  const { success, data, error } = schema.safeParse(
    text.trim() === '' || Number.isNaN(number) ? text : number,
  )
  if (success) return data
  throw new InvalidArgumentError(error.issues.map(({ message }) => message).join('; '))
}

function one(text: string): string {
  return httpAddress(text)[0] ?? ''
}

function httpAddress(text: string, before: readonly string[] = []): readonly string[] {
  const protocol = URL.canParse(text) ? new URL(text).protocol : ''
  if (protocol === 'http:' || protocol === 'https:') return [...before, text]
  throw new InvalidArgumentError('It must be an address like http://localhost:8080.')
}

function processId(text: string): number {
  const pid = Number(text)
  if (Number.isSafeInteger(pid) && pid > 1) return pid
  throw new InvalidArgumentError('It must be the number of a process.')
}

function several(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text]
}
