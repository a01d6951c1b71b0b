import { describeChatLog } from '../ports/chat-log.contract.ts'
import { createMemoryChatHouse } from './memory-chat-house.ts'
import { MemoryChat } from './memory-chat-log.ts'

describeChatLog('memory', async () => {
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
    notifyAll: async () => {},
    close: async () => {},
  }
})
