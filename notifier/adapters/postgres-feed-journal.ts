// The feed journal on PostgreSQL. The outbox says what is still to be told; a commit's row is locked
// while it is told, and the mark is set in the transaction that adds to the feeds.
import type { Pool, PoolClient } from 'pg'
import { assert } from '../../platform/assert.ts'
import { transaction } from '../../platform/postgres/pool.ts'
import type { Notice } from '../core/derive.ts'
import type { LotCommit } from '../core/lot-commit.ts'
import type { FeedJournal, Told, Underivable } from '../ports/feed-journal.ts'
import { append, recordUnderivable } from './feed-queries.ts'
import {
  isAnyWaiting,
  lockWaiting,
  lotsHeldByOthers,
  markTold,
  type OutboxRow,
  readCommits,
} from './outbox-queries.ts'

export interface FeedJournalLimits {
  readonly commitsPerPassMax: number
  readonly eventsPerPassMax: number
}

type Derive = (commit: LotCommit) => readonly Notice[]

export function createPostgresFeedJournal(pool: Pool, limits: FeedJournalLimits): FeedJournal {
  return { tell: (derive) => transaction(pool, (client) => tellOnce(client, derive, limits)) }
}

async function tellOnce(
  client: PoolClient,
  derive: Derive,
  limits: FeedJournalLimits,
): Promise<Told> {
  const locked = await lockWaiting(client, limits.commitsPerPassMax)
  const taken = await inOrder(client, firstEvents(locked, limits.eventsPerPassMax))
  if (taken.length === 0) {
    const left = locked.length > 0 || (await isAnyWaiting(client))
    return { commits: 0, feeds: [], underivable: [], oldestAtMs: undefined, left }
  }
  const commits = await readCommits(client, taken)
  const { notices, underivable } = deriveAll(taken, commits, derive)
  for (const each of underivable) await recordUnderivable(client, each)
  const feeds = await append(client, notices)
  await markTold(
    client,
    taken.map(({ outboxId }) => outboxId),
  )
  return {
    commits: taken.length,
    feeds,
    underivable,
    oldestAtMs: Math.min(...taken.map(({ createdAtMs }) => createdAtMs)),
    left: taken.length < locked.length || locked.length === limits.commitsPerPassMax,
  }
}

/** The oldest of the commits which together have at most `eventsMax` events; at least one. */
function firstEvents(rows: readonly OutboxRow[], eventsMax: number): OutboxRow[] {
  let events = 0
  return rows.filter(({ fromSeq, toSeq }, at) => {
    events += toSeq - fromSeq + 1
    return at === 0 || events <= eventsMax
  })
}

/**
 * Without the commits that have an older one of the same lot in the hands of another notifier: told
 * now, they might come before it. A lot's rows have ids in the order of its commits, since each was
 * made under the lock on the lot.
 */
async function inOrder(client: PoolClient, rows: readonly OutboxRow[]): Promise<OutboxRow[]> {
  const last = rows.at(-1)
  if (last === undefined) return []
  const heldByOthers = await lotsHeldByOthers(
    client,
    rows.map(({ outboxId }) => outboxId),
    last.outboxId,
  )
  return rows.filter(({ outboxId, lotId }) => {
    const older = heldByOthers.get(lotId)
    return older === undefined || outboxId < older
  })
}

/** `commits[n]` is what `rows[n]` of the outbox stands for. */
function deriveAll(
  rows: readonly OutboxRow[],
  commits: readonly LotCommit[],
  derive: Derive,
): { readonly notices: Notice[]; readonly underivable: Underivable[] } {
  const notices: Notice[] = []
  const underivable: Underivable[] = []
  for (const [at, commit] of commits.entries()) {
    try {
      notices.push(...derive(commit))
    } catch (fault) {
      const row = rows[at]
      assert(row !== undefined, 'each commit read was taken from the outbox')
      underivable.push({ ...row, fault })
    }
  }
  return { notices, underivable }
}
