// What is measured of connections.
import type { PeerName } from '../peers/words.ts'

export interface ConnectionsScale {
  /** The library alone and Outcry are always among them. */
  readonly peers: readonly PeerName[]
  /** Held by each server at once; a process has 20,000 file descriptors. */
  readonly held: number
  /** Those who come at once, to see how fast. */
  readonly coming: number
  /** Long enough that every client is pinged at least once. */
  readonly idleSeconds: number
}

/** What a peer was found to cost. */
export interface Cost {
  readonly peer: PeerName
  /** Resident memory of the server's process, for each connection. */
  readonly bytesEach: number
  /** Of one core, while nobody does anything but answer pings; for 100,000 connections. */
  readonly idleShare: number
  /** In one second of one core of the server. */
  readonly comingPerSecond: number
  /** The same for those who come again; only Outcry remembers anybody. */
  readonly comingAgainPerSecond: number
}
