// `npm run bench`: what the services carry, measured against what one would use or write without them. Prints
// what it finds, and with `--write` puts it into docs/benchmarks.md. `owners` and `push` measure how long
// something takes and have no part in that page.
import { writeFile } from 'node:fs/promises'
import { constants } from 'node:os'
import { Command, InvalidArgumentError } from 'commander'
import { runMain } from '../platform/run-process.ts'
import { type MeasuredSection, writeDocument } from './document.ts'
import { measureSections } from './measure.ts'
import { benchOwners } from './owners.ts'
import { benchPush } from './push.ts'
import { BENCHES } from './sections.ts'

interface Options {
  readonly rounds: number
  readonly seconds: number
  readonly json?: string
  readonly write?: boolean
}

/** npm hands on the Ctrl-C which the terminal gave to the bench as well: what comes twice this fast is one. */
const sameSignalMs = 500
const interrupted = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  let firstMs = 0
  process.on(signal, () => {
    const nowMs = performance.now()
    if (firstMs === 0) {
      firstMs = nowMs
      interrupted.abort()
      // Beside this listener there is one of whoever holds something; without any there is nothing to clean up.
      if (process.listenerCount(signal) > 1) return
    } else if (nowMs - firstMs < sameSignalMs) return
    process.exit(128 + constants.signals[signal])
  })
}

const startedMs = performance.now()

/** With the time that has gone by, before what is no page of its own. */
function say(line: string): void {
  const seconds = Math.round((performance.now() - startedMs) / 1_000)
  const clock = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
  process.stdout.write(line.startsWith('\n') ? `${line}\n` : `${clock}  ${line}\n`)
}

async function measure(benches: typeof BENCHES, options: Options): Promise<void> {
  const { rounds, seconds, json, write = false } = options
  const all: MeasuredSection[] = []
  const put = async (measured: MeasuredSection): Promise<void> => {
    all.push(measured)
    if (json !== undefined) await writeFile(json, `${JSON.stringify(all, undefined, 2)}\n`)
    if (write) {
      await writeDocument(
        [measured],
        BENCHES.map(({ name }) => name),
      )
    }
  }
  await measureSections({ benches, rounds, seconds, say, put, interrupted: interrupted.signal })
  say(nextStep(json, write))
}

function nextStep(json: string | undefined, write: boolean): string {
  if (write) return 'The figures are in docs/benchmarks.md. Next: compare them with the last ones.'
  if (json === undefined) return 'Next: --write puts the figures into docs/benchmarks.md.'
  return `The figures are in ${json}. Next: compare them with those of another run.`
}

function between(min: number, max: number): (value: string) => number {
  return (value) => {
    const number = Number(value)
    if (Number.isFinite(number) && number >= min && number <= max) return number
    throw new InvalidArgumentError(`It must be a number from ${min} to ${max}.`)
  }
}

function measuring(command: Command, writes: boolean): Command {
  return command
    .option('--rounds <n>', 'how often each way has its turn', between(1, 100), 3)
    .option('--seconds <n>', 'how long each turn is measured', between(0.1, 60), 1)
    .option('--json <file>', 'where to write the figures as well')
    .option('--write', 'put them into docs/benchmarks.md', writes)
}

const command = measuring(new Command('bench'), true)
  .description('Measures what the services carry, and writes it down in docs/benchmarks.md.')
  .option('--no-write', 'leave docs/benchmarks.md as it is')
  .action((options: Options) =>
    measure(
      BENCHES.filter(({ always }) => always),
      options,
    ),
  )
  .enablePositionalOptions()

for (const registered of BENCHES) {
  measuring(command.command(registered.name), false)
    .description(registered.describes)
    .action((options: Options) => measure([registered], options))
}

command
  .command('owners')
  .description('Measures how long lots stand still when their engine is killed, ended, or joined.')
  .option('--rounds <n>', 'how often each of these happens', between(1, 1_000), 20)
  .option('--lots <n>', 'how many lots are bid on', between(1, 1_000), 32)
  .action(benchOwners)

command
  .command('push')
  .description('Measures how long after it was said a message is with the push service.')
  .option('--rate <n>', 'messages a second', between(1, 10_000), 500)
  .option('--seconds <n>', 'for so long', between(1, 600), 30)
  .action(benchPush)

await runMain(async () => void (await command.parseAsync()))
