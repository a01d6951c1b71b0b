// The feed journal on PostgreSQL. The outbox says what is still to be told; a commit's row is locked
// while it is told, and the mark is set in the transaction that adds to the feeds.
import type { Pool, PoolClient } from 'pg'
import { assert } from '../../platform/assert.ts'
import { transaction } from '../../platform/postgres/pool.ts'
import type { Commit } from '../core/commit.ts'
import type { Derived, Notice, Redaction, WebhookCause } from '../core/notice.ts'
import type { FeedJournal, Told, Underivable } from '../ports/feed-journal.ts'
import { addBadgeJobs } from './badge-jobs.ts'
import { readConversationCommits } from './conversation-queries.ts'
import { append, type FeedEntry, feedsOf, recordUnderivable, redact } from './feed-queries.ts'
import { readLotCommits } from './lot-queries.ts'
import {
  heldByOthers,
  isAnyWaiting,
  lockWaiting,
  markTold,
  type OutboxRow,
} from './outbox-queries.ts'
import { readWantedTypes, recordWebhookCauses } from './webhook-event-queries.ts'

export interface FeedJournalLimits {
  readonly commitsPerPassMax: number
  readonly eventsPerPassMax: number
}

type Derive = (commit: Commit) => Derived

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
  const wanted = await readWantedTypes(client)
  const commits = await readCommits(client, taken, { rooms: wanted.has('message.created') })
  const { notices, redactions, webhooks, underivable } = deriveAll(taken, commits, derive)
  for (const each of underivable) await recordUnderivable(client, each)
  const added = await append(client, notices)
  const changed = await redact(client, redactions)
  await addBadgeJobs(client, whoseDevicesShowTooMuch(commits, changed))
  await recordWebhookCauses(client, webhooks, wanted)
  await markTold(
    client,
    taken.map(({ outboxId }) => outboxId),
  )
  return {
    commits: taken.length,
    feeds: feedsOf(added, changed),
    underivable,
    oldestAtMs: Math.min(...taken.map(({ createdAtMs }) => createdAtMs)),
    left: taken.length < locked.length || locked.length === limits.commitsPerPassMax,
  }
}

/** Those who have read something, perhaps on another device, and those whom a message was told that was deleted. */
function whoseDevicesShowTooMuch(
  commits: readonly Commit[],
  changed: readonly FeedEntry[],
): ReadonlySet<string> {
  const readers = commits.flatMap((commit) =>
    commit.source === 'conversation'
      ? commit.entries.flatMap(({ type, actorId }) => (type === 'receipt' ? [actorId] : []))
      : [],
  )
  const told = changed.flatMap(({ userId, notification }) =>
    notification.deleted === true ? [userId] : [],
  )
  return new Set([...readers, ...told])
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
 * Without the commits that have an older one of the same lot or conversation in the hands of another
 * notifier: told now, they might come before it. The rows of each have ids in the order of its commits,
 * since each was made under its lock.
 */
async function inOrder(client: PoolClient, rows: readonly OutboxRow[]): Promise<OutboxRow[]> {
  const last = rows.at(-1)
  if (last === undefined) return []
  const held = await heldByOthers(
    client,
    rows.map(({ outboxId }) => outboxId),
    last.outboxId,
  )
  return rows.filter(({ outboxId, aggregateId }) => {
    const older = held.get(aggregateId)
    return older === undefined || outboxId < older
  })
}

/** What the rows of the outbox stand for: `result[n]` for `rows[n]`. */
async function readCommits(
  client: PoolClient,
  rows: readonly OutboxRow[],
  { rooms }: { readonly rooms: boolean },
): Promise<Commit[]> {
  const bySource = Map.groupBy(rows, ({ source }) => source)
  const lots = await readLotCommits(client, bySource.get('lot') ?? [])
  const conversations = await readConversationCommits(client, bySource.get('conversation') ?? [], {
    rooms,
  })
  // Each reader keeps the order of its rows, so they are put back by taking turns as the rows do.
  const next = { lot: lots.values(), conversation: conversations.values() }
  return rows.map(({ source }) => {
    const { value } = next[source].next()
    assert(value !== undefined, 'each row of the outbox stands for a commit')
    return value
  })
}

interface DerivedPass {
  readonly notices: readonly Notice[]
  readonly redactions: readonly Redaction[]
  readonly webhooks: readonly WebhookCause[]
  readonly underivable: readonly Underivable[]
}

/** `commits[n]` is what `rows[n]` of the outbox stands for. */
function deriveAll(
  rows: readonly OutboxRow[],
  commits: readonly Commit[],
  derive: Derive,
): DerivedPass {
  const notices: Notice[] = []
  const redactions: Redaction[] = []
  const webhooks: WebhookCause[] = []
  const underivable: Underivable[] = []
  for (const [at, commit] of commits.entries()) {
    try {
      const derived = derive(commit)
      notices.push(...derived.notices)
      redactions.push(...derived.redactions)
      webhooks.push(...(derived.webhooks ?? []))
    } catch (fault) {
      const row = rows[at]
      assert(row !== undefined, 'each commit read was taken from the outbox')
      underivable.push({ ...row, fault })
    }
  }
  return { notices, redactions, webhooks, underivable }
}
