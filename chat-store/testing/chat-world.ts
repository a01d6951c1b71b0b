// What the contract suites stand on: two stores on the same tables.
import { afterEach, beforeEach } from 'vitest'
import { uuidv7 } from '../../platform/ids.ts'
import type { ConversationChange } from '../core/change.ts'
import type { Conversation, Facts } from '../core/conversation.ts'
import type { ChatHouse } from '../ports/chat-house.ts'
import type {
  ChatBatch,
  ChatCommitResult,
  ChatLog,
  ConversationVerdict,
  FactsWanted,
} from '../ports/chat-log.ts'
import type { ChatOutbox } from '../ports/chat-outbox.ts'
import { after, batchOf, conversationOf, opening, wantedOf } from './changes.ts'

/** What the one store does, the other must live with. */
export interface ChatWorld {
  readonly first: ChatLog
  readonly second: ChatLog
  readonly outbox: ChatOutbox
  readonly house: ChatHouse
  /** Commits through a connection that is lost, before the commit took effect or after. */
  commitAndLose(batch: ChatBatch, when: 'before' | 'after'): Promise<ChatCommitResult>
  /** As if everybody had been notified of everything. */
  notifyAll(): Promise<void>
  close(): Promise<void>
}

/** A world for each test of the suite that asks for it, and a conversation that is nobody else's. */
export function worldPerTest(make: () => Promise<ChatWorld>) {
  let world: ChatWorld
  let conversationId: string
  beforeEach(async () => {
    world = await make()
    conversationId = uuidv7()
  })
  afterEach(() => world.close())

  const commit = async (
    ...changes: ConversationChange[]
  ): Promise<readonly ConversationVerdict[]> => {
    const result = await world.first.commit(batchOf(...changes))
    if (result.type !== 'done') throw new Error(result.type, { cause: result })
    return result.verdicts
  }
  const read = async (wanted: Partial<FactsWanted> = {}): Promise<Facts> => {
    const [facts] = await world.second.read([wantedOf(conversationId, wanted)])
    if (facts === undefined) throw new Error('no facts were given')
    return facts
  }
  const opened = async (): Promise<Conversation> => {
    const change = opening(conversationOf(conversationId))
    await commit(change)
    return after(change)
  }
  return {
    get world(): ChatWorld {
      return world
    },
    get conversationId(): string {
      return conversationId
    },
    /** Commits by the first store what must not fail as a whole. */
    commit,
    /** Reads the conversation by the second store. */
    read,
    /** Makes the conversation, of Ann and Sam, in which nobody has said anything yet. */
    opened,
  }
}
