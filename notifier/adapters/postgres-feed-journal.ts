// The feed journal on PostgreSQL. The outbox says what is still to be told; a lot or conversation is held
// while its commits are told, and they are marked in the transaction that adds to the feeds.
import type { Pool, PoolClient } from 'pg'
import { assert } from '../../platform/assert.ts'
import { transaction } from '../../platform/postgres/pool.ts'
import type { Derivable } from '../core/commit.ts'
import type { Derived, Source } from '../core/notice.ts'
import type { FeedJournal, Told, Underivable } from '../ports/feed-journal.ts'
import { addBadgeJobs } from './badge-jobs.ts'
import { readConversationCommits } from './conversation-queries.ts'
import { append, type FeedEntry, feedsOf, recordUnderivable, redact } from './feed-queries.ts'
import { readLotStretches } from './lot-stretch-queries.ts'
import {
  holdWaiting,
  markTold,
  type OutboxRow,
  type OutboxStretch,
  readWaiting,
  stretchesOf,
} from './outbox-queries.ts'
import { readWantedTypes, recordWebhookCauses } from './webhook-event-queries.ts'

export interface FeedJournalLimits {
  readonly commitsPerPassMax: number
  readonly eventsPerPassMax: Readonly<Record<Source, number>>
}

type Derive = (read: Derivable) => Derived

export function createPostgresFeedJournal(pool: Pool, limits: FeedJournalLimits): FeedJournal {
  return {
    tell: (derive, resting = []) =>
      transaction(pool, (client) => tellOnce(client, derive, limits, resting)),
  }
}

async function tellOnce(
  client: PoolClient,
  derive: Derive,
  limits: FeedJournalLimits,
  resting: readonly string[],
): Promise<Told> {
  const { taken, left, isAll } = await take(client, limits, resting)
  if (taken.length === 0) {
    return { commits: 0, feeds: [], underivable: [], oldestAtMs: undefined, left, lots: new Map() }
  }
  const wanted = await readWantedTypes(client)
  const wants = { rooms: wanted.has('message.created'), bids: wanted.has('bid.accepted') }
  const pass = await deriveAll(client, stretchesOf(taken), derive, wants)
  for (const each of pass.underivable) await recordUnderivable(client, each)
  const added = await append(
    client,
    pass.derived.flatMap(({ notices }) => notices),
  )
  const changed = await redact(
    client,
    pass.derived.flatMap(({ redactions }) => redactions),
  )
  await addBadgeJobs(client, whoseDevicesShowTooMuch(pass.read, changed))
  await recordWebhookCauses(
    client,
    pass.derived.flatMap(({ webhooks = [] }) => webhooks),
    wanted,
  )
  await markTold(
    client,
    taken.map(({ outboxId }) => outboxId),
  )
  return {
    commits: taken.length,
    feeds: feedsOf(added, changed),
    underivable: pass.underivable,
    oldestAtMs: Math.min(...taken.map(({ createdAtMs }) => createdAtMs)),
    left,
    lots: isAll ? noticesByLot(taken, added) : new Map(),
  }
}

interface Taken {
  readonly taken: readonly OutboxRow[]
  readonly left: boolean
  /** Whether these are all the commits of their logs that wait. */
  readonly isAll: boolean
}

async function take(
  client: PoolClient,
  limits: FeedJournalLimits,
  resting: readonly string[],
): Promise<Taken> {
  const { commitsPerPassMax } = limits
  const waiting = await holdWaiting(client, commitsPerPassMax, resting)
  const held = waiting.filter(({ isHeld }) => isHeld).map(({ aggregateId }) => aggregateId)
  const isAnyElsewhere = held.length < waiting.length
  if (held.length === 0) return { taken: [], left: isAnyElsewhere, isAll: true }
  const rows = await readWaiting(client, commitsPerPassMax, held)
  const taken = firstEvents(rows, limits)
  const isAll = taken.length === rows.length && rows.length < commitsPerPassMax
  return { taken, left: isAnyElsewhere || !isAll, isAll }
}

/** The oldest of the commits which together have at most so many events; at least one. */
function firstEvents(
  rows: readonly OutboxRow[],
  { eventsPerPassMax }: FeedJournalLimits,
): OutboxRow[] {
  const left = { ...eventsPerPassMax }
  const end = rows.findIndex(({ source, fromSeq, toSeq }, at) => {
    left[source] -= toSeq - fromSeq + 1
    return at > 0 && left[source] < 0
  })
  return end < 0 ? [...rows] : rows.slice(0, end)
}

/** Of each lot that was told of, those that told nobody anything included. */
function noticesByLot(
  taken: readonly OutboxRow[],
  added: readonly FeedEntry[],
): ReadonlyMap<string, number> {
  const told = taken.filter(({ source }) => source === 'lot')
  const notices = new Map(told.map(({ aggregateId }) => [aggregateId, 0]))
  for (const { lotId = '' } of added.map(({ notification }) => notification)) {
    const before = notices.get(lotId)
    if (before !== undefined) notices.set(lotId, before + 1)
  }
  return notices
}

/** Those who have read something, perhaps on another device, and those whom a message was told that was deleted. */
function whoseDevicesShowTooMuch(
  read: readonly Derivable[],
  changed: readonly FeedEntry[],
): ReadonlySet<string> {
  const readers = read.flatMap((each) =>
    each.source === 'conversation'
      ? each.entries.flatMap(({ type, actorId }) => (type === 'receipt' ? [actorId] : []))
      : [],
  )
  const told = changed.flatMap(({ userId, notification }) =>
    notification.deleted === true ? [userId] : [],
  )
  return new Set([...readers, ...told])
}

/** What is read only where a webhook wants it, since it tells no user anything. */
interface WebhookWants {
  readonly rooms: boolean
  readonly bids: boolean
}

interface DerivedPass {
  readonly read: readonly Derivable[]
  readonly derived: readonly Derived[]
  readonly underivable: readonly Underivable[]
}

/**
 * What the stretches tell, in their order. One that cannot be derived is read again, commit by commit, so that
 * only the commit at fault is left aside.
 */
async function deriveAll(
  client: PoolClient,
  stretches: readonly OutboxStretch[],
  derive: Derive,
  wants: WebhookWants,
): Promise<DerivedPass> {
  const read = await readStretches(client, stretches, wants)
  const derived: Derived[] = []
  const underivable: Underivable[] = []
  for (const [at, each] of read.entries()) {
    try {
      derived.push(derive(each))
    } catch (fault) {
      const [row, ...others] = stretches[at]?.rows ?? []
      assert(row !== undefined, 'each stretch stands for commits')
      if (others.length === 0) underivable.push({ ...row, fault })
      else {
        const single = [row, ...others].map((one) => ({ ...one, rows: [one] }))
        const apart = await deriveAll(client, single, derive, wants)
        derived.push(...apart.derived)
        underivable.push(...apart.underivable)
      }
    }
  }
  return { read, derived, underivable }
}

/** What the stretches stand for: `result[n]` for `stretches[n]`. */
async function readStretches(
  client: PoolClient,
  stretches: readonly OutboxStretch[],
  wants: WebhookWants,
): Promise<Derivable[]> {
  const bySource = Map.groupBy(stretches, ({ source }) => source)
  const lots = await readLotStretches(client, bySource.get('lot') ?? [], wants)
  const said = (bySource.get('conversation') ?? []).flatMap(({ rows }) => rows)
  const conversations = await readConversationCommits(client, said, wants)
  // Each reader keeps the order of its rows, so they are put back by taking turns as the stretches do.
  const next = { lot: lots.values(), conversation: conversations.values() }
  return stretches.map(({ source }) => {
    const { value } = next[source].next()
    assert(value !== undefined, 'each stretch is read')
    return value
  })
}
