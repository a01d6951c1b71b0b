// How what was seen, and what was sent, travels to the auditor.
import type { WatchersAccount } from '../../history/stream-watchers.ts'
import type { Crew, Testimony } from '../run/scenario.ts'

/** What the devices of one process saw of the streams that they follow. */
export interface WatchedTestimony extends Testimony, WatchersAccount {
  readonly type: 'watched'
  /** Which process. */
  readonly place: string
  readonly watchers: number
}

/** Small enough to be sent from process to process without a pause that anybody notices. */
const entriesAtOnce = 5_000

export function watchedIn(
  { share }: Crew,
  watchers: number,
  account: WatchersAccount,
): WatchedTestimony {
  return {
    type: 'watched',
    place: `devices ${share.from} to ${share.to - 1}`,
    watchers,
    ...account,
  }
}

/** Those of all processes. */
export function watchedAmong(testimony: readonly Testimony[]): readonly WatchedTestimony[] {
  return testimony.filter((each): each is WatchedTestimony => each['type'] === 'watched')
}

export function* inPieces(testimony: readonly Testimony[]): Iterable<readonly Testimony[]> {
  for (let at = 0; at < testimony.length; at += entriesAtOnce) {
    yield testimony.slice(at, at + entriesAtOnce)
  }
}
