// What the bus on NATS counts.
import { Gauge } from 'prom-client'
import { bucketsOfCounts, metersOf, type Registry } from '../metrics.ts'

/** Why a message went no further. */
export type DropReason =
  /** NATS was away when it was to be sent. */
  | 'away'
  /** NATS has not taken what was sent before, up to the bound. */
  | 'backed_up'
  /** Larger than the server takes. */
  | 'too_large'
  /** It came from NATS and is no message of this bus. */
  | 'unreadable'

export interface NatsMetrics {
  readonly dropped: (reason: DropReason) => void
  readonly sent: () => void
  readonly received: () => void
  readonly lost: () => void
  readonly requestsTogether: (count: number) => void
}

/** What is looked up when the metrics are read. */
export interface NatsLevels {
  readonly isConnected: () => boolean
  /** Messages that came and wait for their turn. */
  readonly pending: () => number
  /** Sent, and not yet known to have arrived. */
  readonly unconfirmedBytes: () => number
}

const prefix = 'outcry_bus'

export function createNatsMetrics(registry: Registry, levels: NatsLevels): NatsMetrics {
  const { counter, histogram } = metersOf(registry, prefix)
  const dropped = counter<'reason'>(
    'dropped_total',
    'Messages that went no further, by reason; streams heal what they miss',
    ['reason'],
  )
  const sent = counter('sent_total', 'Messages handed to NATS')
  const received = counter('received_total', 'Messages that came from NATS')
  const lost = counter('connections_lost_total', 'How often the connection to NATS was lost')
  const together = histogram(
    'requests_per_message',
    'Requests of one turn to one subject that travelled together',
    bucketsOfCounts,
  )
  level(registry, 'connected', '1 while NATS is there', () => Number(levels.isConnected()))
  level(registry, 'pending_messages', 'Messages from NATS that wait for their turn', levels.pending)
  level(
    registry,
    'unconfirmed_bytes',
    'Bytes handed to NATS that are not yet known to have arrived there',
    levels.unconfirmedBytes,
  )
  return {
    dropped: (reason) => dropped.inc({ reason }),
    sent: () => sent.inc(),
    received: () => received.inc(),
    lost: () => lost.inc(),
    requestsTogether: (count) => together.observe(count),
  }
}

function level(registry: Registry, name: string, help: string, value: () => number): void {
  registry.registerMetric(
    new Gauge({
      name: `${prefix}_${name}`,
      help,
      registers: [],
      collect() {
        this.set(value())
      },
    }),
  )
}
