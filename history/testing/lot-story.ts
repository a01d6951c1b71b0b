// A whole history of a lot as a value, which tests tell to the judge as it is, or falsify first.
import type { FinalLot, LiveView, LotAttempt, LotSeen, StoredDecision } from '../lot-entries.ts'
import { LotHistory } from '../lot-history.ts'
import type { Violation } from '../violation.ts'

export interface LotStory {
  readonly attempts: readonly LotAttempt[]
  readonly joined: readonly { readonly watcher: string; readonly view: LiveView }[]
  readonly seen: readonly LotSeen[]
  readonly decisions: readonly StoredDecision[]
  readonly final: FinalLot
}

export function judged(story: LotStory): readonly Violation[] {
  const history = new LotHistory({ allClients: true })
  for (const attempt of story.attempts) history.attempted(attempt)
  for (const { watcher, view } of story.joined) history.joined(watcher, story.final.lotId, view)
  for (const seen of story.seen) history.saw(seen)
  for (const decision of story.decisions) history.decided(decision)
  history.ended(story.final)
  return history.violations()
}

/** What a client and a watcher of an undisturbed lot would have noted, each answer 5 ms after its question. */
export function clientsOf(
  decisions: readonly StoredDecision[],
): Pick<LotStory, 'attempts' | 'joined' | 'seen'> {
  const seen = decisions.flatMap(({ lotId, events }) =>
    events.map(({ view }): LotSeen => ({ watcher: 'wim', lotId, view })),
  )
  const attempts = decisions.flatMap((decision): LotAttempt[] => {
    const { lotId, actorId, commandId, asked, reply: answer, admittedAtMs: sentAtMs } = decision
    if (actorId === undefined) return []
    const answeredAtMs = sentAtMs + 5
    return [{ lotId, actorId, commandId, asked, sentAtMs, answeredAtMs, answer }]
  })
  return { attempts, joined: [], seen }
}
