// What the engine counts and measures.
import { Counter, Gauge, Histogram } from 'prom-client'
import type { Registry } from '../../platform/metrics.ts'
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
  /** Publications, and events that were conflated into them. */
  readonly publications: Counter
  readonly conflated: Counter
  /** Rows of the outbox which the relay published for an owner that did not. */
  readonly relayed: Counter
  /** How long the oldest unpublished row of the outbox has waited. */
  readonly outboxLagMs: Gauge
}

const milliseconds = [0.5, 1, 2, 4, 8, 16, 32, 64, 125, 250, 500, 1_000, 2_000, 5_000]
const decisions = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]

export function createEngineMetrics(registry: Registry): EngineMetrics {
  const registers = [registry]
  const counter = <L extends string = never>(name: string, help: string, labelNames: L[] = []) =>
    new Counter<L>({ name: `outcry_engine_${name}`, help, labelNames, registers })
  const gauge = (name: string, help: string) =>
    new Gauge({ name: `outcry_engine_${name}`, help, registers })
  const histogram = (name: string, help: string, buckets: number[]) =>
    new Histogram({ name: `outcry_engine_${name}`, help, buckets, registers })
  return {
    answers: counter('answers_total', 'Answers to commands, by outcome', ['outcome']),
    batchDecisions: histogram('batch_decisions', 'Decisions per commit', decisions),
    commitMs: histogram('commit_ms', 'Time until a batch was known to be stored', milliseconds),
    inboxWaitMs: histogram('inbox_wait_ms', 'Wait of the oldest command of a batch', milliseconds),
    commits: counter('commits_total', 'Batches, by what became of them', ['result']),
    shards: gauge('shards', 'Shards this engine owns'),
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
