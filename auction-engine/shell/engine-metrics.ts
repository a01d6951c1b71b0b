// What the engine counts and measures.
import type { Counter, Gauge, Histogram } from 'prom-client'
import { bucketsOfCounts, bucketsOfMs, metersOf, type Registry } from '../../platform/metrics.ts'
import type { EngineReply } from '../../protocol/engine.ts'

export interface EngineMetrics {
  /** Answers by their outcome: `accepted`, `replayed`, a refusal's code, `outcome_unknown`. */
  readonly answers: Counter<'outcome'>
  /** Decisions per commit. */
  readonly batchDecisions: Histogram
  /** From sending a batch to knowing what became of it. */
  readonly commitMs: Histogram
  /** How long the oldest command of a batch had waited. */
  readonly inboxWaitMs: Histogram
  /** Commits by how they ended. */
  readonly commits: Counter<'result'>
  readonly shards: Gauge
  /** Shards taken, by whom they were taken from. */
  readonly takeovers: Counter<'from'>
  /** From serving shards no more until their next owner serves them, as the one who gives them up sees it. */
  readonly handoffMs: Histogram
  /** Times at which this engine lost all its shards and lived on, by why. */
  readonly lapses: Counter<'cause'>
  /** Publications, and events that were conflated into them. */
  readonly publications: Counter
  readonly conflated: Counter
  /** Rows of the outbox which the relay published for an owner that did not. */
  readonly relayed: Counter
  /** How long the oldest unpublished row of the outbox has waited. */
  readonly outboxLagMs: Gauge
}

export function createEngineMetrics(registry: Registry): EngineMetrics {
  const { counter, gauge, histogram } = metersOf(registry, 'outcry_engine')
  return {
    answers: counter('answers_total', 'Answers to commands, by outcome', ['outcome']),
    batchDecisions: histogram('batch_decisions', 'Decisions per commit', bucketsOfCounts),
    commitMs: histogram('commit_ms', 'Time until a batch was known to be stored', bucketsOfMs),
    inboxWaitMs: histogram('inbox_wait_ms', 'Wait of the oldest command of a batch', bucketsOfMs),
    commits: counter('commits_total', 'Batches, by what became of them', ['result']),
    shards: gauge('shards', 'Shards this engine owns'),
    takeovers: counter('takeovers_total', 'Shards taken, by their former owner', ['from']),
    handoffMs: histogram('handoff_ms', 'Pause of shards that were handed over', bucketsOfMs),
    lapses: counter('lapses_total', 'Times a living engine lost all its shards, by cause', [
      'cause',
    ]),
    publications: counter('publications_total', 'Lot events published'),
    conflated: counter('conflated_events_total', 'Lot events told only by a later state'),
    relayed: counter('relayed_rows_total', 'Outbox rows published for an owner that did not'),
    outboxLagMs: gauge('outbox_lag_ms', 'Age of the oldest unpublished outbox row'),
  }
}

/** Under which name an answer is counted: `accepted`, `replayed`, or the code of a refusal. */
export function outcomeOf(reply: EngineReply): string {
  if (reply.outcome === 'unknown') return reply.code
  if (reply.replayed === true) return 'replayed'
  return reply.outcome === 'accepted' ? reply.outcome : reply.code
}
