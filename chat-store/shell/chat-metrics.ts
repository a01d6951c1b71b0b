// What the chat store counts and measures.
import type { Counter, Gauge, Histogram } from 'prom-client'
import { bucketsOfCounts, bucketsOfMs, metersOf, type Registry } from '../../platform/metrics.ts'

export interface ChatMetrics {
  /** Commands by what they are and what came of them (see `outcomeName`). */
  readonly commands: Counter<'type' | 'outcome'>
  /** Commands per batch. */
  readonly batchCommands: Histogram
  /** From asking for the facts of a batch to having them. */
  readonly readMs: Histogram
  /** From sending a batch to knowing what became of it. */
  readonly commitMs: Histogram
  /** How long the oldest command of a batch had waited. */
  readonly inboxWaitMs: Histogram
  /** Commits by how they ended. */
  readonly commits: Counter<'result'>
  /** Conversations decided anew because somebody else changed them meanwhile. */
  readonly conflicts: Counter
  readonly publications: Counter
  /** Rows of the outbox which the relay published for a store that did not. */
  readonly relayed: Counter
  /** How long the oldest unpublished row of the outbox has waited. */
  readonly outboxLagMs: Gauge
}

export function createChatMetrics(registry: Registry): ChatMetrics {
  const { counter, gauge, histogram } = metersOf(registry, 'outcry_chat')
  return {
    commands: counter('commands_total', 'Commands, by type and outcome', ['type', 'outcome']),
    batchCommands: histogram('batch_commands', 'Commands per batch', bucketsOfCounts),
    readMs: histogram('read_ms', 'Time until the facts of a batch were read', bucketsOfMs),
    commitMs: histogram('commit_ms', 'Time until a batch was known to be stored', bucketsOfMs),
    inboxWaitMs: histogram('inbox_wait_ms', 'Wait of the oldest command of a batch', bucketsOfMs),
    commits: counter('commits_total', 'Batches, by what became of them', ['result']),
    conflicts: counter('conflicts_total', 'Conversations that were changed by another store'),
    publications: counter('publications_total', 'Events of conversations published'),
    relayed: counter('relayed_rows_total', 'Outbox rows published for a store that did not'),
    outboxLagMs: gauge('outbox_lag_ms', 'Age of the oldest unpublished outbox row'),
  }
}
