// `npm run simulate`: plays plans from many seeds, and stops at the first that ends badly.
import { setImmediate as turn } from 'node:timers/promises'
import { SingleBar } from 'cli-progress'
import { Command, InvalidArgumentError, Option } from 'commander'
import { type Plan, planFrom } from './plan.ts'
import { shrink } from './shrink.ts'
import { type Run, simulatePlan } from './simulate-plan.ts'
import type { StoreVariant } from './simulated-store.ts'

interface Options {
  readonly seeds: number
  readonly seed?: number
  readonly from: number
  readonly store: StoreVariant
}

const variants: readonly StoreVariant[] = ['sound', 'without_fence', 'answers_before_commit']

const program = new Command('simulate')
  .description('Plays the auction engine on a clock, a bus and a store that go wrong by plan.')
  .option('--seeds <count>', 'how many seeds to play', wholeNumber, 1_000)
  .option('--from <seed>', 'the first of them', wholeNumber, 1)
  .option('--seed <seed>', 'only this one, with all that happens', wholeNumber)
  .addOption(
    new Option('--store <variant>', 'a store that breaks a promise on purpose')
      .choices(variants)
      .default('sound'),
  )

const options = program.parse().opts<Options>()
if (options.seed === undefined) await playMany(options)
else await playOne(options.seed, options.store)

async function playMany({ seeds, from, store }: Options): Promise<void> {
  const bar = new SingleBar({
    format:
      '{bar} {value}/{total} seeds, {speed} seeds/s, {decisions} decisions, {eta_formatted} to go',
    etaBuffer: 100,
    // Without a terminal too, once a minute: a long run in CI says that it goes on.
    noTTYOutput: true,
    notTTYSchedule: 60_000,
  })
  const startedMs = performance.now()
  let decisions = 0
  bar.start(seeds, 0, { speed: '-', decisions })
  for (let seed = from; seed < from + seeds; seed += 1) {
    const plan = planFrom(seed)
    const run = await simulatePlan(plan, store)
    if (run.violations.length > 0) {
      bar.stop()
      await report(plan, run, store)
      return
    }
    decisions += run.decisions
    const speed = Math.round((seed - from + 1) / ((performance.now() - startedMs) / 1_000))
    bar.increment(1, { speed, decisions })
    // A run takes one turn of the event loop; the bar, signals and faults of the engine get one, too.
    await turn()
  }
  bar.stop()
  say(`${seeds} seeds, ${decisions} decisions, no violation.`)
}

async function playOne(seed: number, store: StoreVariant): Promise<void> {
  const plan = planFrom(seed)
  const run = await simulatePlan(plan, store)
  say(run.trace.join('\n'))
  if (run.violations.length > 0) await report(plan, run, store)
  else say(`\nseed ${seed}: ${run.decisions} decisions, no violation.`)
}

/** Tells what went wrong, and the shortest way there. */
async function report(plan: Plan, run: Run, store: StoreVariant): Promise<void> {
  process.exitCode = 1
  const shortest = await shrink(plan, run, store)
  const { trace, violations } = shortest.run
  say(`\nseed ${plan.seed} went wrong; npm run simulate -- --store ${store} --seed ${plan.seed}`)
  for (const { rule, says } of run.violations) say(`  ${rule}: ${says}`)
  say(`\nThe shortest trace found (${shortest.plan.steps.length} of ${plan.steps.length} steps):`)
  say(trace.join('\n'))
  for (const { rule, says, evidence } of violations) {
    say(`  ${rule}: ${says} ${JSON.stringify(evidence)}`)
  }
}

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('expected a whole number')
  return Number(text)
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
