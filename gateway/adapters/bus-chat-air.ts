// What is volatile in conversations, said on the bus.
import type { Bus } from '../../platform/bus/bus.ts'
import { chatEventsSubject } from '../../protocol/subjects.ts'
import type { ChatAir } from '../ports/chat-air.ts'

export function createBusChatAir(bus: Bus): ChatAir {
  return { say: (said) => bus.publish(chatEventsSubject(said.conversationId), said) }
}
