// What the fan-out counts.
import { Counter, Gauge } from 'prom-client'
import type { Registry } from '../../platform/metrics.ts'

export interface FanoutMetrics {
  /** Events of the bus that were told already: doubled, reordered, or a stale owner's. */
  readonly stale: Counter
  /** Gaps, by whether the store could fill them. */
  readonly healed: Counter<'outcome'>
  /** Publications told, by channel class: once each, however many sockets got them. */
  readonly published: Counter<'class'>
  /** How clients that came back got what they had missed. */
  readonly recoveries: Counter<'kind'>
}

export type RecoveryKind =
  /** Nothing was missed. */
  | 'none'
  /** From memory. */
  | 'ring'
  /** From the database. */
  | 'store'
  /** The newest state stands for all that was missed. */
  | 'state'
  /** Not recovered: too much was missed, or the position is not of this stream. */
  | 'failed'

/** @param channels how many channels somebody watches here (or did a moment ago) */
export function createFanoutMetrics(registry: Registry, channels: () => number): FanoutMetrics {
  const registers = [registry]
  registry.registerMetric(
    new Gauge({
      name: 'outcry_gateway_channels',
      help: 'Channels this gateway listens to',
      registers: [],
      collect() {
        this.set(channels())
      },
    }),
  )
  return {
    stale: new Counter({
      name: 'outcry_gateway_stale_events_total',
      help: 'Events that were told already or came from a stale owner',
      registers,
    }),
    healed: new Counter({
      name: 'outcry_gateway_gaps_total',
      help: 'Gaps in a stream, by whether the store could be read to fill them',
      labelNames: ['outcome'],
      registers,
    }),
    published: new Counter({
      name: 'outcry_gateway_publications_total',
      help: 'Publications told to local subscribers, by class of channel',
      labelNames: ['class'],
      registers,
    }),
    recoveries: new Counter({
      name: 'outcry_gateway_recoveries_total',
      help: 'Clients that came back to a position, by how they got what they had missed',
      labelNames: ['kind'],
      registers,
    }),
  }
}
