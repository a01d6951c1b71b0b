// Presence within one process: two maps and no timers, since whoever joins also leaves here.
import type { Presence, PresenceCounts, PresenceEntry } from './presence.ts'

/** More than one connection on a channel. */
class Crowd {
  /** Client to user. */
  readonly users = new Map<string, string>()
  /** Users with how many connections they have here, so that distinct users need no counting. */
  readonly connections = new Map<string, number>()

  join({ client, user }: PresenceEntry): void {
    const before = this.users.get(client)
    if (before === user) return
    if (before !== undefined) this.leave(client)
    this.users.set(client, user)
    this.connections.set(user, (this.connections.get(user) ?? 0) + 1)
  }

  leave(client: string): void {
    const user = this.users.get(client)
    if (user === undefined) return
    this.users.delete(client)
    const left = (this.connections.get(user) ?? 0) - 1
    if (left > 0) this.connections.set(user, left)
    else this.connections.delete(user)
  }

  list(limit: number): PresenceEntry[] {
    const listed: PresenceEntry[] = []
    for (const [client, user] of this.users) {
      if (listed.length >= limit) break
      listed.push({ client, user })
    }
    return listed
  }
}

/**
 * Most channels are `user:` channels with one connection; those keep the entry itself, and only a
 * channel with a second connection gets the maps of a crowd, which weigh ten times as much.
 */
type Those = PresenceEntry | Crowd

const nobody: PresenceCounts = { clients: 0, users: 0 }

export function createMemoryPresence(): Presence {
  return new MemoryPresence()
}

/** Tells at once what the port promises for later. */
export class MemoryPresence implements Presence {
  readonly #channels = new Map<string, Those>()

  join(channel: string, entry: PresenceEntry): void {
    const those = this.#channels.get(channel)
    if (those instanceof Crowd) {
      those.join(entry)
    } else if (those === undefined || those.client === entry.client) {
      this.#channels.set(channel, entry)
    } else {
      const crowd = new Crowd()
      crowd.join(those)
      crowd.join(entry)
      this.#channels.set(channel, crowd)
    }
  }

  leave(channel: string, client: string): void {
    const those = this.#channels.get(channel)
    if (those instanceof Crowd) {
      those.leave(client)
      // It stays a crowd down to the last one: going back and forth at two would cost more than it saves.
      if (those.users.size === 0) this.#channels.delete(channel)
    } else if (those?.client === client) {
      this.#channels.delete(channel)
    }
  }

  async list(channel: string, limit: number): Promise<readonly PresenceEntry[]> {
    return this.listNow(channel, limit)
  }

  async counts(channel: string): Promise<PresenceCounts> {
    return this.countsNow(channel)
  }

  listNow(channel: string, limit: number): readonly PresenceEntry[] {
    const those = this.#channels.get(channel)
    if (those instanceof Crowd) return those.list(limit)
    if (those === undefined || limit < 1) return []
    // What is kept may be more than an entry.
    return [{ client: those.client, user: those.user }]
  }

  countsNow(channel: string): PresenceCounts {
    const those = this.#channels.get(channel)
    if (those instanceof Crowd) {
      return { clients: those.users.size, users: those.connections.size }
    }
    return those === undefined ? nobody : { clients: 1, users: 1 }
  }
}
