// Attachments: where their bytes go before a message holds them, and where they are after.
import { uuidv7 } from '../../../platform/ids.ts'
import type { CreateAttachment } from '../../../protocol/chat-requests.ts'
import type { MethodParams } from '../../../protocol/methods.ts'
import type { ChatBook } from '../../ports/chat-book.ts'
import type { Caller } from '../../ports/desk.ts'
import type { AttachmentLinks } from '../../ports/objects.ts'
import { type MethodHandlers, type MethodResult, tokenNeeded } from '../method.ts'
import { allowedIn, type ChatCommandOptions, chatRefused, heldBack } from './commands.ts'

export interface AttachmentRoutesOptions extends ChatCommandOptions {
  readonly chatBook: ChatBook
  readonly attachmentLinks: AttachmentLinks
}

export function attachmentRoutes(
  options: AttachmentRoutesOptions,
): MethodHandlers<'attachment.create' | 'attachment.get'> {
  return {
    'attachment.create': async (caller, params) => await createAttachment(options, caller, params),
    'attachment.get': async (caller, params) => await getAttachment(options, caller, params),
  }
}

async function createAttachment(
  options: AttachmentRoutesOptions,
  caller: Caller,
  { conversationId, fileName, contentType, bytes }: CreateAttachment,
): Promise<MethodResult> {
  const names = { conversationId }
  const allowed = await allowedIn(options, caller, 'attachment.create', names)
  if ('denied' in allowed) return allowed.denied
  const { actor } = allowed
  const held = await heldBack(options, actor.userId, names)
  if (held !== undefined) return held
  const attachmentId = uuidv7()
  const file = { fileName, contentType, bytes }
  const outcome = await options.chatStore.house({
    type: 'create_attachment',
    attachmentId,
    conversationId,
    actor,
    ...file,
  })
  if (outcome.outcome !== 'accepted') return { kind: 'outcome', outcome }
  if (outcome.upload === undefined) throw new Error('an attachment was accepted without an upload')
  const uploadUrl = reachable(outcome.upload.uploadUrl, caller)
  return { kind: 'outcome', outcome: { ...outcome.upload, uploadUrl, outcome: 'accepted' } }
}

/** A link that is only a path leads to where the client found us. */
function reachable(url: string, { origin }: Caller): string {
  return url.startsWith('/') && origin !== undefined ? origin + url : url
}

/** One that was never sent, one of others and one that does not exist are not told apart. */
async function getAttachment(
  options: AttachmentRoutesOptions,
  caller: Caller,
  { attachmentId }: MethodParams<'attachment.get'>,
): Promise<MethodResult> {
  if (caller.identity === undefined) return tokenNeeded
  const sent = await options.chatBook.attachment(attachmentId)
  const absent = chatRefused('not_member', { serverTime: options.clock.nowMs() })
  if (sent === undefined) return absent
  const { conversationId, ...view } = sent
  const allowed = await allowedIn(options, caller, 'attachment.get', { conversationId })
  // Not the refusal of the conversation: it would name the conversation.
  if ('denied' in allowed) return absent
  const link = await options.attachmentLinks.sign(view)
  return { kind: 'data', data: { ...link, url: reachable(link.url, caller) } }
}
