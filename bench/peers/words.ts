// What a bench and the processes that it forks say to each other: peers, which are the servers that are
// compared, and crowds, which are their clients.
import type { ScaledEvent } from './event.ts'
import type { Failed } from './obey.ts'

export type PeerName =
  | 'raw'
  | 'rawEach'
  | 'outcry'
  | 'outcryOverNats'
  | 'ws'
  | 'socketIo'
  | 'socketIoUws'

/** What only Outcry needs; the others are given it too. */
export interface Stage {
  readonly lotId: string
  readonly databaseUrl: string
  /** Signs and verifies the tokens of watchers. */
  readonly secret: string
  /** Of the bus, for who does not have it within the process. */
  readonly natsUrl: string
}

export interface PublishOrder {
  /** Handed over within one turn of the event loop. */
  readonly eventsPerTick: number
  readonly measureMs: number
  readonly size: ScaledEvent
}

/** From when publishing begins until the last watcher has the last event. */
export interface Published {
  readonly events: number
  readonly elapsedMs: number
  /** Of the whole server, its other threads included. */
  readonly cpuMs: number
}

export interface Usage {
  /** Since the process began. */
  readonly cpuMs: number
  readonly residentBytes: number
}

/** `afterCollecting`: throws away first what is dead, which costs time itself. */
interface Weigh {
  readonly type: 'weigh'
  readonly afterCollecting: boolean
}

export type ToPeer =
  | { readonly type: 'serve'; readonly peer: PeerName; readonly stage: Stage }
  | { readonly type: 'publish'; readonly order: PublishOrder }
  /** So many events have come to all watchers, since the server began. */
  | { readonly type: 'seen'; readonly events: number }
  | Weigh

export type FromPeer =
  | { readonly type: 'serving'; readonly port: number }
  | { readonly type: 'published'; readonly published: Published }
  | { readonly type: 'weighed'; readonly usage: Usage }
  | Failed

export interface JoinOrder {
  readonly peer: PeerName
  readonly port: number
  readonly stage: Stage
  /** So many more. */
  readonly watchers: number
  /** The first of them; who has the same number comes with the same token. */
  readonly firstUser: number
  /** An address of loopback that they come from, and nobody else did. */
  readonly from: string
  /** Whether one state may stand for several events. */
  readonly conflated: boolean
}

/** How far the watchers are, since their process began. */
export interface Seen {
  /** Publications that came to each, on average. */
  readonly events: number
  /** The newest that has come to every one, where one may stand for several; 0 elsewhere. */
  readonly offset: number
}

export interface CrowdUsage extends Usage {
  /** Publications that came to somebody. */
  readonly deliveries: number
  /** Publications that came to each, on average, since the process began. */
  readonly eventsEach: number
}

export type ToCrowd =
  | { readonly type: 'join'; readonly order: JoinOrder }
  | { readonly type: 'leave' }
  | Weigh

export type FromCrowd =
  | { readonly type: 'joined'; readonly elapsedMs: number }
  | { readonly type: 'left' }
  | ({ readonly type: 'seen' } & Seen)
  | { readonly type: 'weighed'; readonly usage: CrowdUsage }
  | Failed
