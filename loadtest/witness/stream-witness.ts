// What the devices of one process hear of streams in which nothing is skipped: conversations and feeds. They
// are followed here, event by event; what travels to the auditor is an account.
import { digestOfEvent } from '../../history/chat-texts.ts'
import { StreamWatchers, type WatchersAccount } from '../../history/stream-watchers.ts'
import { Findings } from '../../history/violation.ts'
import type { ChatPublication } from '../../protocol/chat.ts'
import type { Publication, SubscribeResult } from '../../protocol/frames.ts'
import type { Notification } from '../../protocol/notifications.ts'
import type { Device } from '../client/load-observer.ts'

export class StreamWitness {
  readonly #findings = new Findings()
  readonly #watchers = new StreamWatchers(this.#findings)

  subscribed(client: Device, channel: string, result: SubscribeResult): void {
    const stream = streamOf(channel)
    if (stream === undefined) return
    const { publications = [], offset = 0 } = result
    for (const publication of publications) this.published(client, channel, publication)
    // Whoever comes back is given what it missed, or reads it page by page: here nobody begins anew.
    this.#watchers.reached({ watcher: String(client.nth), stream, seq: offset })
  }

  published(client: Device, channel: string, { data, offset: seq }: Publication): void {
    const stream = streamOf(channel)
    // Who types, and whatever else is of the moment, has no place in the stream.
    if (stream === undefined || seq === undefined) return
    const watcher = String(client.nth)
    const digest = channel.startsWith(conversations)
      ? digestOfSaid(data as ChatPublication)
      : digestOfNotified(data as Notification)
    this.#watchers.seen({ watcher, stream, seq, fromSeq: seq, digest })
  }

  account(): WatchersAccount {
    const { violations, count } = this.#findings
    return { streams: this.#watchers.accounts(), violations, count }
  }
}

const conversations = 'chat:'
const feeds = 'user:'

/** A conversation goes by its id, as it does in the store; a feed by its channel. */
function streamOf(channel: string): string | undefined {
  if (channel.startsWith(conversations)) return channel.slice(conversations.length)
  return channel.startsWith(feeds) ? channel : undefined
}

function digestOfSaid({ type, message }: ChatPublication): number | undefined {
  // What a blocked one does is shown as a place without contents.
  return type === 'hidden' ? undefined : digestOfEvent(type, message?.messageId)
}

/** Of what it is about; what it quotes of that may have been changed since. */
export function digestOfNotified({ type, lotId, messageId, orderId }: Notification): number {
  return digestOfEvent(type, messageId ?? orderId ?? lotId)
}
