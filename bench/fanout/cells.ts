// What is measured of the fan-out, and what was found.
import type { ScaledEvent } from '../peers/event.ts'
import type { PublishedTo } from '../peers/pair.ts'
import type { PeerName } from '../peers/words.ts'
import { median } from '../report.ts'
import { timesInRound } from '../turns.ts'

/** So many events a tick to so many watchers, and who is measured at it. */
export interface Cell {
  readonly watchers: number
  readonly eventsPerTick: number
  readonly size: ScaledEvent
  readonly peers: readonly PeerName[]
}

/** What a peer did in a cell, once in each round. */
export interface Measured {
  readonly cell: Cell
  readonly peer: PeerName
  readonly rounds: readonly PublishedTo[]
}

/** Deliveries in one second of one core of the server. */
export function perCore({ watchers }: Cell, { events, cpuMs }: PublishedTo): number {
  return (events * watchers * 1_000) / cpuMs
}

/** The median of the rounds; 0 where the peer was not measured there. */
export function rateOf(measured: readonly Measured[], cell: Cell, peer: PeerName): number {
  return median(ratesOf(measured, { cell, peer }))
}

/** How many times as much one peer does in its cell as another in its own, in the same round. */
export function timesOf(measured: readonly Measured[], one: PeerInCell, other: PeerInCell): number {
  return timesInRound(ratesOf(measured, one), ratesOf(measured, other), (rate) => rate)
}

type PeerInCell = Pick<Measured, 'cell' | 'peer'>

function ratesOf(measured: readonly Measured[], { cell, peer }: PeerInCell): readonly number[] {
  const found = measured.find((each) => each.cell === cell && each.peer === peer)
  return found?.rounds.map((published) => perCore(cell, published)) ?? []
}
