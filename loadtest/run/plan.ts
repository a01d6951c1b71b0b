// What a load test is to do, whole: read from the command line or from a target file, and checked once.
import { z } from 'zod'

export const SCENARIO_NAMES = [
  'connect',
  'fanout',
  'auction',
  'chat',
  'herd',
  'slow-readers',
  'overflow',
  'drain',
  'replay',
] as const
export type ScenarioName = (typeof SCENARIO_NAMES)[number]
/** Requests by autocannon: no devices, and nothing to judge. */
export const HTTP = 'http'
/** All that can be asked for. */
export const MODES = [...SCENARIO_NAMES, HTTP] as const

const HttpUrl = z.url({
  protocol: /^https?$/,
  error: 'expected an address like http://localhost:8080',
})
const count = (max: number) => z.number().int().min(1).max(max)

/** What may be said of a run; the scenario knows what to do where something is left out. */
export const PlanOptions = z.strictObject({
  connections: count(1_000_000).describe('Devices that are connected at the same time.'),
  duration: z.number().min(1).max(86_400).describe('Seconds that are measured, after the ramp.'),
  rate: z.number().positive().max(1_000_000).describe('Commands a second, over all devices.'),
  ramp: z.number().min(0).max(3_600).describe('Seconds over which devices come.'),
  payload: z.number().int().min(1).max(16_384).describe('Bytes of text in a message.'),
  lots: count(100_000).describe('Lots that are bid on, or watched.'),
  encoding: z.enum(['json', 'msgpack']).describe('Of frames: json or msgpack.'),
  seed: z.number().int().min(0).max(0xffffffff).describe('The same seed, the same run.'),
  processes: count(256).describe('Processes that hold the devices.'),
})
export type PlanOptions = Readonly<z.output<typeof PlanOptions>>

/** Where the servers are. */
export const Servers = z.strictObject({
  urls: z.array(HttpUrl).min(1).readonly(),
  /** Of the servers' `/metrics`, where their memory and CPU are to be seen. */
  metricsUrls: z.array(HttpUrl).readonly(),
  /** Read by the auditor as well, which then sees every decision. */
  databaseUrl: z.string().exactOptional(),
  /** The process of a gateway, on this machine, that a scenario may tell to stop. */
  drainPid: z.number().int().min(2).exactOptional(),
  /** Source addresses of the devices: one address has some 28,000 ports towards one server. */
  sources: z.array(z.string()).readonly(),
})
export type Servers = Readonly<z.output<typeof Servers>>

export interface Plan extends PlanOptions {
  readonly scenario: ScenarioName
  readonly servers: Servers
}

export interface HttpPlan extends PlanOptions {
  readonly scenario: typeof HTTP
  readonly servers: Servers
}

export type AnyPlan = Plan | HttpPlan

/** Some of all devices: those with the numbers from `from` to below `to`. */
export interface Share {
  readonly from: number
  readonly to: number
}

/** Divides the devices among the processes as evenly as whole numbers allow. */
export function sharesOf({
  connections,
  processes,
}: Pick<Plan, 'connections' | 'processes'>): Share[] {
  return Array.from({ length: processes }, (_, nth) => ({
    from: Math.floor((connections * nth) / processes),
    to: Math.floor((connections * (nth + 1)) / processes),
  }))
}

/** Where devices of server `url` open their sockets. */
export function websocketUrl(url: string): string {
  return new URL('/connection/websocket', url).href.replace(/^http/, 'ws')
}
