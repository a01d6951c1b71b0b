// Taking away from a device what was read on another.
import { digestTag } from './digest.ts'
import type { Presence } from './facts.ts'
import { clearsMax } from './payload.ts'

export interface BadgeFacts {
  readonly hasDevice: boolean
  /** What the device may still show; in order of seq. */
  readonly shown: readonly Shown[]
  readonly unread: number
}

export interface Shown {
  readonly seq: number
  readonly tag: string
  /** Read, or deleted, or gone. */
  readonly isOver: boolean
}

export type BadgeDecision =
  | { readonly type: 'skip' }
  /** The device is connected, and hears of it there. */
  | { readonly type: 'note'; readonly seqs: readonly number[] }
  | {
      readonly type: 'send'
      readonly clears: readonly string[]
      readonly seqs: readonly number[]
      /** There is more than one push can name. */
      readonly isMoreLeft: boolean
    }

/** A tag stays as long as what is seen under it is not over. */
export function decideBadge(
  { hasDevice, shown }: BadgeFacts,
  presence: Pick<Presence, 'isConnected'> | undefined,
): BadgeDecision {
  const over = shown.filter(({ isOver }) => isOver)
  if (!hasDevice || over.length === 0) return { type: 'skip' }
  if (presence?.isConnected === true) return { type: 'note', seqs: over.map(({ seq }) => seq) }
  const kept = tagsToKeep(shown)
  const tags = new Set(over.flatMap(({ tag }) => (kept.has(tag) ? [] : [tag])))
  const clears = [...tags].slice(0, clearsMax)
  const named = new Set([...clears, ...kept])
  return {
    type: 'send',
    clears,
    seqs: over.flatMap(({ seq, tag }) => (named.has(tag) ? [seq] : [])),
    isMoreLeft: tags.size > clears.length,
  }
}

/** A digest shows all that it tells of; under every other tag the last has taken the place of those before. */
function tagsToKeep(shown: readonly Shown[]): ReadonlySet<string> {
  const last = new Map(shown.map((each) => [each.tag, each]))
  const seen = shown.filter((each) => each.tag === digestTag || each === last.get(each.tag))
  return new Set(seen.flatMap(({ tag, isOver }) => (isOver ? [] : [tag])))
}
