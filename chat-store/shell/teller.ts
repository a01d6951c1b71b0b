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
    this.#publish(conversationId, events)
    if (outboxId !== undefined) this.#options.onPublished(outboxId)
  }

  /** Whoever derives from the outbox need not wait until it looks by itself. */
  hint(): void {
    this.#options.bus.publish(outboxHintSubject, {})
  }

  /** Tells what a store committed and did not live to tell. */
  repeat(rows: readonly UntoldChatEvents[]): void {
    for (const { conversationId, events } of rows) this.#publish(conversationId, events)
    this.hint()
  }

  #publish(conversationId: string, events: readonly ChatEvent[]): void {
    if (events.length === 0) return
    const message: ChatEvents = { conversationId, events }
    this.#options.bus.publish(chatEventsSubject(conversationId), message)
    this.#options.metrics.publications.inc(events.length)
  }
}
