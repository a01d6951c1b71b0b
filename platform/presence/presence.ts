// The presence port: who is on which channel, over all gateways. It may forget; nothing durable
// rests on it.
export interface PresenceEntry {
  /** The connection's id. */
  readonly client: string
  /** The user's id, also once the connection has ended; empty for an anonymous watcher. */
  readonly user: string
}

export interface PresenceCounts {
  readonly clients: number
  readonly users: number
}

export interface Presence {
  /** Puts a connection on a channel; the same connection twice counts once. The entry itself may be kept. */
  join(channel: string, entry: PresenceEntry): void
  leave(channel: string, client: string): void
  /** At most `limit` of those who are there, in no order. */
  list(channel: string, limit: number): Promise<readonly PresenceEntry[]>
  counts(channel: string): Promise<PresenceCounts>
}
