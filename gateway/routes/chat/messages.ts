// Messages: saying something, changing and taking back what was said, reading it.
import { uuidv7 } from '../../../platform/ids.ts'
import type { MessageContent } from '../../../protocol/chat-store.ts'
import { captionText, messageText } from '../../../protocol/message-text.ts'
import type { MethodParams } from '../../../protocol/methods.ts'
import { amountFault } from '../../../protocol/money.ts'
import { overloadedRetryMs, pipelinedMessagesMax, verdictDeadlineMs } from '../../limits.ts'
import type { ChatBook } from '../../ports/chat-book.ts'
import type { Caller } from '../../ports/desk.ts'
import { type MethodHandlers, type MethodResult, tokenNeeded } from '../method.ts'
import {
  allowedIn,
  type ChatCommandOptions,
  type CommandNames,
  chatRefused,
  command,
} from './commands.ts'
import { Lines } from './lines.ts'

export interface MessageRoutesOptions extends ChatCommandOptions {
  readonly chatBook: ChatBook
}

type MessageMethod =
  | 'chat.send'
  | 'chat.edit'
  | 'chat.delete'
  | 'chat.react'
  | 'chat.history'
  | 'chat.versions'

export function messageRoutes(options: MessageRoutesOptions): MethodHandlers<MessageMethod> {
  const lines = new Lines(pipelinedMessagesMax)
  return {
    'chat.send': async (caller, params) => await sendInTurn(options, lines, caller, params),
    'chat.edit': async (caller, params) => await editMessage(options, caller, params),
    'chat.delete': async (caller, { conversationId, messageId, forAll }) =>
      await command(options, caller, 'chat.delete', { conversationId }, 'as_message', {
        type: 'delete_message',
        messageId,
        forAll,
      }),
    'chat.react': async (caller, { conversationId, messageId, emoji }) =>
      await command(options, caller, 'chat.react', { conversationId }, 'as_message', {
        type: 'react',
        messageId,
        emoji,
      }),
    'chat.history': async (caller, params) => {
      const { conversationId } = params
      const allowed = await allowedIn(options, caller, 'chat.history', { conversationId })
      if ('denied' in allowed) return allowed.denied
      return { kind: 'data', data: await options.chatBook.messages(allowed.actor.userId, params) }
    },
    'chat.versions': async (caller, { conversationId, messageId }) => {
      const allowed = await allowedIn(options, caller, 'chat.versions', { conversationId })
      if ('denied' in allowed) return allowed.denied
      const items = await options.chatBook.versions(conversationId, messageId)
      return { kind: 'data', data: { items } }
    },
  }
}

/** What one user says to one conversation is stored in the order in which it was said. */
async function sendInTurn(
  options: MessageRoutesOptions,
  lines: Lines,
  caller: Caller,
  params: MethodParams<'chat.send'>,
): Promise<MethodResult> {
  const { conversationId, clientMessageId } = params
  if (caller.identity === undefined) return tokenNeeded
  const { clock } = options
  const line = `${caller.identity.userId} ${conversationId}`
  const fromMs = clock.nowMs()
  let goesOn = false
  if (!(await lines.enter(line))) return turnedAway(options, { conversationId, clientMessageId })
  try {
    // Whoever has been silent for so long is not waited for any more: nothing of this one was decided.
    if (clock.nowMs() - fromMs > verdictDeadlineMs) {
      return turnedAway(options, { conversationId, clientMessageId })
    }
    const result = await sendMessage(options, caller, params)
    goesOn = isDecided(result)
    return result
  } finally {
    lines.leave(line, goesOn)
  }
}

/** Behind a message that may have to be sent again none is taken, or the two would change places. */
function isDecided(result: MethodResult): boolean {
  if (result.kind !== 'outcome' || result.outcome.outcome === 'accepted') return true
  const { code } = result.outcome
  return code !== 'overloaded' && code !== 'outcome_unknown' && code !== 'internal'
}

function turnedAway({ clock }: MessageRoutesOptions, names: CommandNames): MethodResult {
  const about = { ...names, serverTime: clock.nowMs() }
  return chatRefused('overloaded', about, { retryAfterMs: overloadedRetryMs })
}

async function sendMessage(
  options: MessageRoutesOptions,
  caller: Caller,
  params: MethodParams<'chat.send'>,
): Promise<MethodResult> {
  const { conversationId, clientMessageId } = params
  const names = { conversationId, clientMessageId }
  const content = contentOf(options, names, params)
  if ('fault' in content) return content.fault
  const ids = { messageId: uuidv7(), clientMessageId }
  const order = { type: 'send_message', ...ids, content } as const
  return params.kind === 'system'
    ? await command(options, caller, 'chat.send_system', names, 'free', order)
    : await command(options, caller, 'chat.send', names, 'as_message', order)
}

/**
 * What is said, without what belongs to another kind of message. It is looked at before anything else: it
 * is the cheaper answer, and half of a surrogate pair would not come through to the store unharmed.
 */
function contentOf(
  { clock }: MessageRoutesOptions,
  names: CommandNames,
  { kind, text, attachmentId, offer, system, replyTo }: MethodParams<'chat.send'>,
): MessageContent | { readonly fault: MethodResult } {
  const said = kind === 'text' ? messageText(text ?? '') : captionText(text)
  if ('refusal' in said) {
    const { code, fields } = said.refusal
    return { fault: chatRefused(code, { ...names, serverTime: clock.nowMs() }, fields) }
  }
  const amount = kind === 'offer' && offer !== undefined ? amountFault(offer.amount) : undefined
  if (amount !== undefined) {
    const about = { ...names, serverTime: clock.nowMs() }
    return { fault: chatRefused('amount_invalid', about, { reason: amount }) }
  }
  return {
    kind,
    ...(said.text === '' ? {} : said),
    ...(replyTo === undefined ? {} : { replyTo }),
    ...(kind === 'image' || kind === 'file' ? { attachmentId } : {}),
    ...(kind === 'offer' ? { offer } : {}),
    ...(kind === 'system' ? { system } : {}),
  }
}

/** Only the store knows whether it is a caption, which may be taken away, or a text, which may not. */
async function editMessage(
  options: MessageRoutesOptions,
  caller: Caller,
  { conversationId, messageId, text }: MethodParams<'chat.edit'>,
): Promise<MethodResult> {
  const said = captionText(text)
  if ('refusal' in said) {
    const { code, fields } = said.refusal
    return chatRefused(code, { conversationId, serverTime: options.clock.nowMs() }, fields)
  }
  return await command(options, caller, 'chat.edit', { conversationId }, 'as_message', {
    type: 'edit_message',
    messageId,
    text: said.text,
  })
}
