import { createLogger } from '../../platform/log.ts'
import { closePool, createPool } from '../../platform/postgres/pool.ts'
import { throwawayDatabase } from '../../platform/testing/throwaway-database.ts'
import { describeChatFacts } from '../ports/chat-facts.contract.ts'
import { describeChatHouse } from '../ports/chat-house.contract.ts'
import { describeChatLog } from '../ports/chat-log.contract.ts'
import type { ChatBatch, ChatCommitResult } from '../ports/chat-log.ts'
import { describeChatOutbox } from '../ports/chat-outbox.contract.ts'
import type { ChatWorld } from '../testing/chat-world.ts'
import { failingLine } from '../testing/failing-line.ts'
import { createPostgresChatHouse } from './postgres-chat-house.ts'
import { createPostgresChatLog } from './postgres-chat-log.ts'
import { createPostgresChatOutbox } from './postgres-chat-outbox.ts'

const log = createLogger({ name: 'test', level: 'silent' })

async function postgresWorld(): Promise<ChatWorld> {
  const database = await throwawayDatabase()
  const pool = createPool(database.url, { log, applicationName: 'chat log test' })
  const first = createPostgresChatLog(pool)
  const second = createPostgresChatLog(pool)
  return {
    first,
    second,
    outbox: createPostgresChatOutbox(pool),
    house: createPostgresChatHouse(pool),
    commitAndLose: (batch, when) => commitAndLose(database.url, batch, when),
    notifyAll: async () => {
      await pool.query('UPDATE outbox SET notified = true')
    },
    close: async () => {
      await Promise.all([first.close(), second.close()])
      await closePool(pool)
      await database.drop()
    },
  }
}

async function commitAndLose(
  databaseUrl: string,
  batch: ChatBatch,
  when: 'before' | 'after',
): Promise<ChatCommitResult> {
  const line = await failingLine(databaseUrl)
  const pool = createPool(line.url, { log, applicationName: 'chat log test' })
  const chatLog = createPostgresChatLog(pool)
  // Connects while the line is good.
  await chatLog.due(0, 1)
  line.fail(when)
  const result = await chatLog.commit(batch)
  await chatLog.close()
  await closePool(pool)
  await line.close()
  return result
}

describeChatLog('PostgreSQL', postgresWorld)
describeChatFacts('PostgreSQL', postgresWorld)
describeChatHouse('PostgreSQL', postgresWorld)
describeChatOutbox('PostgreSQL', postgresWorld)
