// Benches one after the other. Each section is handed over as soon as it is measured: neither a failure nor an
// interrupt of a later one takes it away, and a failure does not keep the others from being measured.
import { Failure } from '../platform/failure.ts'
import { conditionsNow, describeConditions } from './conditions.ts'
import type { MeasuredSection } from './document.ts'
import { describeSection } from './report.ts'
import type { Bench, BenchOptions } from './section.ts'

export interface MeasureOptions extends BenchOptions {
  readonly benches: readonly { readonly name: string; readonly bench: Bench }[]
  /** Writes a section down. */
  readonly put: (measured: MeasuredSection) => Promise<void>
  /** Aborted where somebody interrupts: the bench that runs then cleans up and ends the process. */
  readonly interrupted: AbortSignal
}

/** @throws Failure that names those which failed, once all have had their turn */
export async function measureSections(options: MeasureOptions): Promise<void> {
  const { benches, rounds, seconds, say, put, interrupted } = options
  const failed: string[] = []
  for (const [nth, { name, bench }] of benches.entries()) {
    say(`${name}: ${nth + 1} of ${benches.length}`)
    try {
      const conditions = await conditionsNow(rounds, seconds)
      const section = await bench({ rounds, seconds, say })
      await put({ section, conditions })
      say(`\n${describeSection(section)}\n\n${describeConditions(conditions)}\n`)
    } catch (error) {
      // Whoever interrupts takes the bench its servers away: that is no failure of the bench.
      if (interrupted.aborted) await new Promise(() => {})
      failed.push(name)
      const why = error instanceof Failure ? error.text : (error as Error).stack
      say(`${name} failed: ${why ?? String(error)}`)
    }
  }
  if (failed.length > 0) {
    throw new Failure(
      `Of ${benches.length} benches ${failed.length} failed: ${failed.join(', ')}.`,
      {
        hint: 'What they have found before, and what the others have found, is kept.',
      },
    )
  }
}
