// The chat store itself, asked over the bus within the process as a gateway asks it.
import { createChatStore } from '../../chat-store/main.ts'
import { createInProcessBus } from '../../platform/bus/in-process-bus.ts'
import { uuidv7 } from '../../platform/ids.ts'
import { runParts } from '../../platform/lifecycle.ts'
import { createMetrics } from '../../platform/metrics.ts'
import type { Pool } from '../../platform/postgres/pool.ts'
import { systemClock as clock } from '../../platform/system-clock.ts'
import type { ChatOutcome } from '../../protocol/chat.ts'
import type { ConversationCommand } from '../../protocol/chat-store.ts'
import { chatCommandsSubject } from '../../protocol/subjects.ts'
import { log, ordinaryText } from '../givens.ts'
import { auditTable, conversationOf, type Way } from './ways.ts'

export interface BatchedOptions {
  readonly pool: Pool
  readonly lanes: number
  /** Messages in one transaction. */
  readonly batchMax: number
  readonly senders: number
}

/** Nobody is turned away: the bench is to see how long it takes, not when it is refused. */
const patienceMs = 60_000

export function batched({ pool, lanes, batchMax, senders }: BatchedOptions): Way {
  return {
    name: `chat store, batches of ${batchMax === 1 ? '1' : `up to ${batchMax}`}`,
    says: `${senders} senders, ${lanes} lanes, all that the product stores of a message`,
    senders,
    async begin(conversationIds) {
      const bus = createInProcessBus()
      const ask = async (command: ConversationCommand): Promise<void> => {
        const outcome = (await bus.request(chatCommandsSubject, command, patienceMs)) as ChatOutcome
        if (outcome.outcome !== 'accepted') {
          throw new Error(`a message was not taken: ${outcome.code}`)
        }
      }
      const metrics = createMetrics({ role: 'bench', ofProcess: false })
      const limits = { lanes, batchCommandsMax: batchMax, inboxWaitMsMax: patienceMs }
      const store = createChatStore({ pool, bus, clock, log, metrics, limits })
      const running = runParts(store, { log })
      await running.ready
      await Promise.all(conversationIds.map((conversationId) => ask(openRoom(conversationId))))
      return {
        send: (sender) => ask(message(conversationOf(sender, conversationIds), sender)),
        audit: () => auditTable(pool, 'messages', conversationIds),
        end: () => running.drainAndStop(),
      }
    },
  }
}

/** A room, where any number of people may speak. */
function openRoom(conversationId: string): ConversationCommand {
  return {
    type: 'open_conversation',
    conversationId,
    actor: { userId: 'seller', roles: [] },
    terms: { kind: 'room', subject: { type: 'lot', id: conversationId }, sellerId: 'seller' },
  }
}

function message(conversationId: string, sender: number): ConversationCommand {
  return {
    type: 'send_message',
    conversationId,
    actor: { userId: `sender-${sender}`, roles: [] },
    messageId: uuidv7(),
    clientMessageId: uuidv7(),
    content: { kind: 'text', text: ordinaryText },
  }
}
