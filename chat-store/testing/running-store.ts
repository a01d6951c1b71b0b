// Chat stores at work on the in-memory tables and a clock under the test's control.
import { createInProcessBus } from '../../platform/bus/in-process-bus.ts'
import { createLogger } from '../../platform/log.ts'
import { createMetrics, type Registry } from '../../platform/metrics.ts'
import { VirtualClock } from '../../platform/testing/virtual-clock.ts'
import type { ChatEvents } from '../../protocol/chat-store.ts'
import { chatEventsSubject } from '../../protocol/subjects.ts'
import { createMemoryChatHouse, type MemoryChatHouse } from '../adapters/memory-chat-house.ts'
import { MemoryChat } from '../adapters/memory-chat-log.ts'
import { type ChatLimits, defaultLimits } from '../limits.ts'
import type { ChatHouse } from '../ports/chat-house.ts'
import type { ChatLog } from '../ports/chat-log.ts'
import { createChatMetrics } from '../shell/chat-metrics.ts'
import { ChatStore } from '../shell/chat-store.ts'
import { ChatClient } from './chat-client.ts'

export interface StoreSettings {
  readonly limits?: Partial<ChatLimits>
  /** Stands between the store and the tables. */
  readonly log?: (log: ChatLog) => ChatLog
  /** Stands between the store and the house. */
  readonly house?: (house: ChatHouse) => ChatHouse
}

/** Tables, a bus and a clock, and any number of stores on them. */
export class ChatRoom extends ChatClient {
  readonly clock = new VirtualClock()
  readonly chat = new MemoryChat()
  readonly house: MemoryChatHouse = createMemoryChatHouse(this.chat)
  readonly metrics: Registry[] = []
  readonly logged: string[] = []
  readonly #log = createLogger({
    name: 'test',
    destination: { write: (line) => this.logged.push(line) },
  })

  constructor() {
    super(createInProcessBus({ copy: true }))
  }

  /** Starts a store. */
  async store(settings?: StoreSettings): Promise<ChatStore> {
    const store = this.unstarted(settings)
    await store.start()
    return store
  }

  unstarted({ limits, log = same, house = same }: StoreSettings = {}): ChatStore {
    const registry = createMetrics({ role: 'test', ofProcess: false })
    this.metrics.push(registry)
    return new ChatStore({
      makeLog: () => log(this.chat.log()),
      outbox: this.chat.outbox(),
      house: house(this.house),
      bus: this.bus,
      clock: this.clock,
      log: this.#log,
      metrics: createChatMetrics(registry),
      limits: { ...defaultLimits, ...limits },
    })
  }

  /** What is published of a conversation from now on. */
  async watch(conversationId: string): Promise<ChatEvents[]> {
    const heard: ChatEvents[] = []
    await this.bus.listen(chatEventsSubject(conversationId), (message) => {
      heard.push(message as ChatEvents)
    })
    return heard
  }
}

function same<T>(each: T): T {
  return each
}
