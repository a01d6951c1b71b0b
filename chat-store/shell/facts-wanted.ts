// What must be known of a conversation to decide on the commands about it.
import type { ChatStoreCommand } from '../core/command.ts'
import { slowModeMsMax } from '../core/limits.ts'
import type { FactsWanted } from '../ports/chat-log.ts'

/**
 * The facts that these commands, all about one conversation, may ask for. The open offer is always among them.
 * @param nowMs not later than they are decided on
 */
export function factsWanted(
  conversationId: string,
  commands: readonly ChatStoreCommand[],
  nowMs: number,
): FactsWanted {
  const needs = commands.map(needsOf)
  const distinct = (idsOf: (need: Needs) => readonly string[] | undefined) => [
    ...new Set(needs.flatMap((need) => idsOf(need) ?? [])),
  ]
  return {
    conversationId,
    userIds: distinct(({ userIds }) => userIds),
    messageIds: distinct(({ messageIds }) => messageIds),
    attachmentIds: distinct(({ attachmentIds }) => attachmentIds),
    caseIds: distinct(({ caseIds }) => caseIds),
    commands: commands.flatMap(keysOf),
    mayStartSlowMode: commands.some(({ type }) => type === 'set_slow_mode'),
    spokeFromMs: nowMs - slowModeMsMax,
  }
}

type Needs = Partial<Pick<FactsWanted, 'userIds' | 'messageIds' | 'attachmentIds' | 'caseIds'>>

function needsOf(command: ChatStoreCommand): Needs {
  switch (command.type) {
    case 'wake':
      return {}
    case 'erase_message':
      return { messageIds: [command.messageId] }
    case 'open_conversation': {
      const { buyerId, sellerId } = command.terms
      return { userIds: [command.actor.userId, ...present(buyerId), ...present(sellerId)] }
    }
    case 'send_message': {
      const { replyTo, attachmentId } = command.content
      return {
        userIds: [command.actor.userId],
        messageIds: present(replyTo),
        attachmentIds: present(attachmentId),
      }
    }
    case 'edit_message':
    case 'delete_message':
    case 'react':
      return { userIds: [command.actor.userId], messageIds: [command.messageId] }
    case 'counter_offer':
    case 'accept_offer':
    case 'decline_offer':
    case 'withdraw_offer':
      return { userIds: [command.actor.userId], messageIds: [command.offerId] }
    case 'report':
      return { userIds: [command.actor.userId], messageIds: present(command.report.messageId) }
    case 'decide_case':
      return { userIds: [command.actor.userId], caseIds: [command.decision.caseId] }
    case 'mark':
    case 'update_membership':
    case 'set_slow_mode':
    case 'set_legal_hold':
      return { userIds: [command.actor.userId] }
  }
}

/** Under which id the command is remembered for ever, where it is. */
function keysOf(command: ChatStoreCommand): FactsWanted['commands'] {
  if (!('clientMessageId' in command)) return []
  return [{ actorId: command.actor.userId, commandId: command.clientMessageId }]
}

function present(id: string | undefined): readonly string[] {
  return id === undefined ? [] : [id]
}
