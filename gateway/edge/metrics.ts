// What the sockets count.
import { Counter, Gauge, Histogram } from 'prom-client'
import type { Registry } from '../../platform/metrics.ts'
import { Tally } from '../../platform/tally.ts'
import { type ErrorObject, PROTOCOL_ERRORS } from '../../protocol/errors.ts'

export interface EdgeMetrics {
  /** A command was answered: with its result, or with `error`. */
  answered(method: string, error: ErrorObject | undefined): void
  /** By protocol. */
  readonly connections: Gauge<'protocol'>
  readonly opened: Counter<'protocol'>
  readonly refused: Counter<'reason'>
  /** By the reason we gave, or `client` where the other end or the network closed it. */
  readonly closed: Counter<'why'>
  /**
   * Sockets that could not keep up, by class of channel and by what was done about it; and each volatile
   * message that they were spared.
   */
  readonly slow: Counter<'class' | 'action'>
  readonly bufferedBytes: Histogram
  readonly faults: Counter
}

export type RefusalReason = 'origin' | 'subprotocol' | 'address_limit' | 'full' | 'draining'

const errorNames = new Map(
  Object.entries(PROTOCOL_ERRORS).map(([name, { code }]) => [code as number, name]),
)

export function createEdgeMetrics(registry: Registry): EdgeMetrics {
  const registers = [registry]
  const commands = new Tally(registry, {
    name: 'outcry_gateway_commands_total',
    help: 'Commands by method and by what came of them',
    labelNames: ['method', 'outcome'],
  })
  return {
    answered(method, error) {
      commands.add(method, error === undefined ? 'ok' : (errorNames.get(error.code) ?? 'other'))
    },
    connections: new Gauge({
      name: 'outcry_gateway_connections',
      help: 'Open sockets by protocol',
      labelNames: ['protocol'],
      registers,
    }),
    opened: new Counter({
      name: 'outcry_gateway_connects_total',
      help: 'Sockets opened by protocol',
      labelNames: ['protocol'],
      registers,
    }),
    refused: new Counter({
      name: 'outcry_gateway_refused_upgrades_total',
      help: 'Upgrades to WebSocket refused, by reason',
      labelNames: ['reason'],
      registers,
    }),
    closed: new Counter({
      name: 'outcry_gateway_closes_total',
      help: 'Sockets closed, by the reason the gateway gave or `client`',
      labelNames: ['why'],
      registers,
    }),
    slow: new Counter({
      name: 'outcry_gateway_slow_sockets_total',
      help: 'Sockets that could not keep up and volatile messages they were spared, by class of channel and what was done',
      labelNames: ['class', 'action'],
      registers,
    }),
    bufferedBytes: new Histogram({
      name: 'outcry_gateway_buffered_bytes',
      help: 'Bytes waiting in sockets that have any waiting, once a second',
      buckets: [1_024, 16_384, 65_536, 262_144, 524_288, 1_048_576],
      registers,
    }),
    faults: new Counter({
      name: 'outcry_gateway_faults_total',
      help: 'Exceptions in the handling of a socket, which was closed',
      registers,
    }),
  }
}
