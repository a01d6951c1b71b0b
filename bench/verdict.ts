// What came of a goal, told from the number that is wanted and the one that was measured.
import { figure } from './report.ts'
import type { GoalVerdict } from './section.ts'

interface Finding extends Pick<GoalVerdict, 'goal' | 'says' | 'boundBy'> {
  readonly measured: number
  /** Behind both numbers: ` ×`, `/s`, ` ms`. */
  readonly unit: string
  /** What else is told of what was measured. Default: nothing. */
  readonly beside?: string
}

export function atLeast(least: number, finding: Finding): GoalVerdict {
  return verdict(`≥ ${figure(least)}`, finding.measured >= least, finding)
}

export function atMost(most: number, finding: Finding): GoalVerdict {
  return verdict(`≤ ${figure(most)}`, finding.measured <= most, finding)
}

function verdict(
  wanted: string,
  holds: boolean,
  { goal, says, measured, unit, beside = '', boundBy }: Finding,
): GoalVerdict {
  return {
    goal,
    says,
    wanted: `${wanted}${unit}`,
    measured: `${figure(measured)}${unit}${beside}`,
    holds,
    ...(boundBy === undefined ? {} : { boundBy }),
  }
}
