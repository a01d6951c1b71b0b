// A bus under the test's control: what is told reaches whoever listens at that moment.
import type { Unlisten } from '../ports/event-source.ts'

/** Handlers by key. */
export class Line<Message> {
  readonly #handlers = new Map<string, Set<(message: Message) => void>>()

  listen(key: string, handler: (message: Message) => void): Unlisten {
    const handlers = this.#handlers.get(key) ?? new Set()
    this.#handlers.set(key, handlers)
    handlers.add(handler)
    return () => handlers.delete(handler)
  }

  tell(key: string, message: Message): void {
    for (const handler of this.#handlers.get(key) ?? []) handler(message)
  }

  count(key: string): number {
    return this.#handlers.get(key)?.size ?? 0
  }
}
