// One of the servers that are compared.
import type { LotEvent } from '../../protocol/engine.ts'

export interface Peer {
  readonly port: number
  /**
   * Hands events to all watchers of the lot; called from a turn of the event loop of its own, never from inside
   * a handler of a socket, where uWebSockets.js is corked and its topics overflow.
   */
  publish(events: readonly LotEvent[]): void
}

/** What a watcher says to a peer that has no protocol of its own, and what it is told then. */
export const plainWords = { join: 'join:', joined: 'joined' } as const
export const lotRoom = 'lot'
export const userRoom = (user: string): string => `user:${user}`

/** The event of Socket.IO that lot events come under. */
export const publicationEvent = 'publication'
