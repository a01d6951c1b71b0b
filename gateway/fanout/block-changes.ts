// Who has blocked whom, kept true while conversations are open: what was read is brought up to date by
// what was announced since the reading began.
import type { BlockChange } from '../../protocol/chat-store.ts'
import { blockChangesMax } from '../limits.ts'
import type { HiddenPeople } from '../ports/chat-book.ts'

const noOne: ReadonlySet<string> = new Set()
export const nobodyHidden: HiddenPeople = { blocked: noOne, blockedBy: noOne }

/** What is hidden from `userId` and from whom it is, after the change. */
export function hiddenAfter(
  people: HiddenPeople,
  userId: string,
  { blockerId, blockedId, blocked }: BlockChange,
): HiddenPeople {
  if (userId === blockerId) {
    return { ...people, blocked: changed(people.blocked, blockedId, blocked) }
  }
  if (userId === blockedId) {
    return { ...people, blockedBy: changed(people.blockedBy, blockerId, blocked) }
  }
  return people
}

function changed(set: ReadonlySet<string>, userId: string, add: boolean): ReadonlySet<string> {
  if (set.has(userId) === add) return set
  const next = new Set(set)
  if (add) next.add(userId)
  else next.delete(userId)
  return next
}

/** The newest announcements of all, numbered, so that a reading can tell which it may have missed. */
export class BlockChanges {
  #changes: readonly BlockChange[] = []
  #noted = 0

  note(change: BlockChange): void {
    this.#changes = [...this.#changes, change].slice(-blockChangesMax)
    this.#noted += 1
  }

  /** How many there were so far. */
  get position(): number {
    return this.#noted
  }

  /**
   * What was read after `position`, as it is now.
   * @throws Error where more was announced meanwhile than is remembered
   */
  since(position: number, userId: string, read: HiddenPeople): HiddenPeople {
    const missed = this.#noted - position
    if (missed > this.#changes.length) throw new Error('blocks change faster than they can be read')
    return this.#changes
      .slice(this.#changes.length - missed)
      .reduce((people, change) => hiddenAfter(people, userId, change), read)
  }
}
