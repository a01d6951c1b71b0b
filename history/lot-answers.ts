// What an answer tells its client, in the words of the ledger.
import type { EngineReply } from '../protocol/engine.ts'
import type { Heard } from './command-ledger.ts'
import { digestOfReply } from './lot-texts.ts'

/** @param answer undefined where none came */
export function heardIn(answer: EngineReply | undefined): Heard {
  if (answer === undefined || answer.outcome === 'unknown') return { type: 'in_doubt' }
  const decided: Heard = {
    type: 'decided',
    digest: digestOfReply(answer),
    code: answer.outcome === 'accepted' ? 'accepted' : answer.code,
    seq: 'seq' in answer ? answer.seq : undefined,
    isRepeat: answer.replayed === true,
  }
  if (answer.outcome === 'accepted') return decided
  if (answer.code === 'overloaded' || answer.code === 'rate_limited') return { type: 'undecided' }
  // Its sender is to try again: the fault may have come after the decision.
  if (answer.code === 'internal') return { type: 'in_doubt' }
  // A refusal that was decided on a lot says where the lot stood; any other leaves no trace.
  return answer.seq === undefined ? { type: 'turned_away' } : decided
}
