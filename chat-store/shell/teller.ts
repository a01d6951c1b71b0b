// Tells the members what was committed: the events of one conversation and commit as one message.
import type { Bus } from '../../platform/bus/bus.ts'
import type { ChatEvent, ChatEvents } from '../../protocol/chat-store.ts'
import { chatEventsSubject, outboxHintSubject } from '../../protocol/subjects.ts'
import type { UntoldChatEvents } from '../ports/chat-outbox.ts'
import type { ChatMetrics } from './chat-metrics.ts'

export interface TellerOptions {
  readonly bus: Bus
  readonly metrics: Pick<ChatMetrics, 'publications'>
  /** Told when all events of a row of the outbox are published. */
  readonly onPublished: (outboxId: number) => void
}

export class Teller {
  readonly #options: TellerOptions

  constructor(options: TellerOptions) {
    this.#options = options
  }

  /** `outboxId` is the row left for the events. */
  tell(conversationId: string, events: readonly ChatEvent[], outboxId: number | undefined): void {
    // What the bus has not taken is left to the relay, which tells it when the bus is back.
    const isTold = this.#publish(conversationId, events)
    if (isTold && outboxId !== undefined) this.#options.onPublished(outboxId)
  }

  /** Whoever derives from the outbox need not wait until it looks by itself. */
  hint(): void {
    this.#options.bus.publish(outboxHintSubject, {})
  }

  /** Tells what a store committed and could not tell. Returns what the bus has taken. */
  repeat(rows: readonly UntoldChatEvents[]): readonly UntoldChatEvents[] {
    const told = rows.filter(({ conversationId, events }) => this.#publish(conversationId, events))
    this.hint()
    return told
  }

  #publish(conversationId: string, events: readonly ChatEvent[]): boolean {
    if (events.length === 0) return true
    const { bus, metrics } = this.#options
    const message: ChatEvents = { conversationId, events }
    if (!bus.publish(chatEventsSubject(conversationId), message)) return false
    metrics.publications.inc(events.length)
    return true
  }
}
