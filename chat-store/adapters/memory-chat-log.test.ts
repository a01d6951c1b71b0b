import { describeChatFacts } from '../ports/chat-facts.contract.ts'
import { describeChatHouse } from '../ports/chat-house.contract.ts'
import { describeChatLog } from '../ports/chat-log.contract.ts'
import { describeChatOutbox } from '../ports/chat-outbox.contract.ts'
import type { ChatWorld } from '../testing/chat-world.ts'
import { createMemoryChatHouse } from './memory-chat-house.ts'
import { MemoryChat } from './memory-chat-log.ts'

async function memoryWorld(): Promise<ChatWorld> {
  const chat = new MemoryChat()
  const first = chat.log()
  return {
    first,
    second: chat.log(),
    outbox: chat.outbox(),
    house: createMemoryChatHouse(chat),
    commitAndLose: async (batch, when) => {
      const { fault } = chat
      chat.fault = () => (when === 'before' ? 'lost_before' : 'lost_after')
      const result = await first.commit(batch)
      chat.fault = fault
      return result
    },
    // Nobody has to be notified in memory.
    notifyAll: async () => {},
    close: async () => {},
  }
}

describeChatLog('memory', memoryWorld)
describeChatFacts('memory', memoryWorld)
describeChatHouse('memory', memoryWorld)
describeChatOutbox('memory', memoryWorld)
