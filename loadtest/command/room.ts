// How many devices this machine has room for, known before the first one comes: each takes a file descriptor of
// its process, and a port of its source address.
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { Failure } from '../../platform/failure.ts'
import { inTimes } from '../report/words.ts'

export interface Room {
  readonly cores: number
  /** The hard limit of each process, to which Node raises its own by itself. */
  readonly openFilesMax: number
  /** Those that the system gives to connections which name none. */
  readonly portsPerSource: number
}

/** For modules, pipes, the database of a server. */
const openFilesReserved = 200
/** Kept free by a server for its database, its bus and its logs. */
const serverFilesReserved = 512
/** One event loop has enough to do with so many. */
const devicesPerProcessMax = 15_000
/** Assumed where the system does not tell: cautious, and what most systems have. */
const assumed = { openFilesMax: 10_240, ports: [32_768, 60_999] } as const

export function roomHere(): Room {
  const [first, last] = portRange()
  return {
    cores: availableParallelism(),
    openFilesMax: openFilesLimit(textOf('/proc/self/limits')),
    portsPerSource: last - first + 1,
  }
}

/** @param limits as in `/proc/self/limits`: name, soft limit, hard limit, unit */
export function openFilesLimit(limits: string): number {
  const hard = /^Max open files\s+\S+\s+(\d+|unlimited)/m.exec(limits)?.[1]
  if (hard === undefined) return assumed.openFilesMax
  return hard === 'unlimited' ? Number.POSITIVE_INFINITY : Number(hard)
}

/** How many devices one process holds. */
export function devicesInProcess({ openFilesMax }: Room): number {
  return Math.max(1, Math.min(devicesPerProcessMax, openFilesMax - openFilesReserved))
}

export interface Need {
  readonly connections: number
  readonly processes: number
  /** How many source addresses they come from, 0 where none is named; and how many gateways they go to. */
  readonly sources: number
  readonly gateways: number
  /** Whether the server runs here, for this run alone. */
  readonly ownServer: boolean
}

/** @throws Failure that says what is short, how many devices have room, and how to have more */
export function checkRoom(
  { connections, processes, sources, gateways, ownServer }: Need,
  room: Room,
): void {
  const { openFilesMax, portsPerSource } = room
  const inProcesses = processes * devicesInProcess(room)
  if (connections > inProcesses) {
    throw tooMany(
      connections,
      `${inTimes(processes, 'process', 'es')} of the load test can hold ${inProcesses}`,
      [
        `A process may open ${openFilesMax} files here (ulimit -Hn), and holds no more than ${devicesPerProcessMax} devices.`,
        'Leave --processes out, or name more.',
      ],
    )
  }
  const inServer = openFilesMax - serverFilesReserved
  if (ownServer && connections > inServer) {
    throw tooMany(connections, `a server of the run’s own can take ${inServer}`, [
      `A process may open ${openFilesMax} files here (ulimit -Hn).`,
      'Raise that, or run several gateways (npm run cluster -- --gateways N --json FILE) and name them by --cluster FILE.',
    ])
  }
  // An address that is named gives each of its ports away once, whatever the gateway.
  const onPorts = portsPerSource * (sources === 0 ? gateways : sources)
  if (connections > onPorts) {
    const have =
      sources === 0
        ? `${inTimes(gateways, 'gateway')} can be reached from ${onPorts} ports`
        : `${inTimes(sources, 'source address', 'es')} have ${onPorts} ports`
    throw tooMany(connections, have, [
      `A source address has ${portsPerSource} ports (/proc/sys/net/ipv4/ip_local_port_range).`,
      'Name more of them (--source 127.0.0.2 --source 127.0.0.3).',
    ])
  }
}

function tooMany(connections: number, but: string, hints: readonly string[]): Failure {
  return new Failure(`There is no room for ${connections} devices: ${but}.`, {
    hint: hints.join('\n'),
  })
}

function portRange(): readonly [number, number] {
  const [first, last] = textOf('/proc/sys/net/ipv4/ip_local_port_range')
    .trim()
    .split(/\s+/)
    .map(Number)
  return first === undefined || last === undefined || Number.isNaN(first + last)
    ? assumed.ports
    : [first, last]
}

/** Empty where there is no such file: not every system has it. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
