// The shortest plan that still goes wrong: steps are dropped, first many at once, then one by one, and
// faults turned off, as long as the same rule is broken.
import type { Rule } from '../../history/violation.ts'
import type { Plan } from './plan.ts'
import { type Run, simulatePlan } from './simulate-plan.ts'
import type { StoreVariant } from './simulated-store.ts'

/** Runs that are spent on it; a few seconds. */
const runsMax = 400

export interface Shrunk {
  readonly plan: Plan
  readonly run: Run
}

/** @param failed the run of the whole plan; it has at least one violation. */
export async function shrink(plan: Plan, failed: Run, variant: StoreVariant): Promise<Shrunk> {
  const rule = failed.violations[0]?.rule
  let best: Shrunk = { plan, run: failed }
  if (rule === undefined) return best
  let runs = 0
  const isWrong = async (candidate: Plan): Promise<boolean> => {
    if (runs >= runsMax) return false
    runs += 1
    const run = await simulatePlan(candidate, variant)
    if (!breaks(run, rule)) return false
    best = { plan: candidate, run }
    return true
  }

  for (
    let size = Math.ceil(plan.steps.length / 2);
    size >= 1;
    size = size > 1 ? Math.ceil(size / 2) : 0
  ) {
    for (let from = 0; from < best.plan.steps.length; ) {
      const steps = best.plan.steps.toSpliced(from, size)
      if (!(await isWrong({ ...best.plan, steps }))) from += size
    }
  }
  for (const fault of ['lost', 'doubled', 'slow'] as const) {
    await isWrong({ ...best.plan, network: { ...best.plan.network, [fault]: 0 } })
  }
  for (const fault of ['refused', 'lostBefore', 'lostAfter', 'late', 'slow'] as const) {
    await isWrong({ ...best.plan, store: { ...best.plan.store, [fault]: 0 } })
  }
  return best
}

function breaks({ violations }: Run, rule: Rule): boolean {
  return violations.some((violation) => violation.rule === rule)
}
