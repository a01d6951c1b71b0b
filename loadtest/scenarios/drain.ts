// As an auction; halfway one of the gateways is told to stop, and all its devices move to the others.
import { kill } from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { codeOf, Failure } from '../../platform/failure.ts'
import type { Plan } from '../run/plan.ts'
import type { Crew, House, Stage } from '../run/scenario.ts'
import { prepareLots } from './prepare-lots.ts'

/** @throws HttpError; Failure where there is nobody to be told, or nobody to move to */
export async function prepareToDrain(house: House, plan: Plan): Promise<Stage> {
  const { urls, drainPid } = plan.servers
  if (urls.length < 2 || drainPid === undefined) {
    throw new Failure('drain needs two gateways, and the process of one of them.', {
      hint: 'Give --cluster FILE, or --url twice and --drain-pid of a gateway other than the first.',
    })
  }
  tell(drainPid, 0)
  return await prepareLots(house, plan)
}

/** Said once, by the process that holds the first device. */
export async function drainHalfway({ plan, share, signal }: Crew): Promise<void> {
  await sleep(plan.duration * 500, undefined, { signal })
  const { drainPid } = plan.servers
  if (share.from === 0 && drainPid !== undefined) tell(drainPid, 'SIGTERM')
}

/** @throws Failure where there is no such process, or it is not ours to tell */
function tell(pid: number, signal: 'SIGTERM' | 0): void {
  try {
    kill(pid, signal)
  } catch (cause) {
    throw new Failure(`Process ${pid} can not be told to stop (${codeOf(cause)}).`, {
      hint: 'It must run on this machine, and as the same user: look at --drain-pid, or at the file of --cluster.',
      cause,
    })
  }
}
