// How a verdict becomes a decision with its answer.
import type { ChatAccepted, ChatRefused } from '../../protocol/chat.ts'
import { isRetryable } from '../../protocol/refusals.ts'
import type { Asked, ClientCommand, Decision, Effects, Refusal } from './decision.ts'

type AcceptedFields = Omit<ChatAccepted, 'outcome' | 'conversationId' | 'serverTime'>

/** The command is carried out; without effects everything is already as it asks. */
export function accepted(asked: Asked, fields: AcceptedFields, effects?: Effects): Decision {
  const { command, conversation, atMs } = asked
  const reply: ChatAccepted = {
    outcome: 'accepted',
    conversationId: conversation.conversationId,
    serverTime: atMs,
    ...idOf(command),
    ...fields,
  }
  return effects === undefined ? { reply } : { reply, effects }
}

/** The command leaves no trace. */
export function refused(asked: Pick<Asked, 'command' | 'atMs'>, refusal: Refusal): Decision {
  const { command, atMs } = asked
  const { code, fields } = refusal
  const reply: ChatRefused = {
    ...fields,
    outcome: 'refused',
    code,
    conversationId: command.conversationId,
    ...idOf(command),
    serverTime: atMs,
    retryable: isRetryable(code),
  }
  return { reply }
}

function idOf(command: ClientCommand): { readonly clientMessageId?: string } {
  return 'clientMessageId' in command ? { clientMessageId: command.clientMessageId } : {}
}
