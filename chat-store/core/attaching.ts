// Whether an upload may be sent with a message.
import type { MessageView } from '../../protocol/chat.ts'
import type { Attachment } from './conversation.ts'
import type { Asked, CommandOf, Refusal } from './decision.ts'

/** The attachment as everybody may see it, or why it can not be sent. */
export function sentAttachment({
  scene,
  command,
}: Asked<CommandOf<'send_message'>>):
  | Required<Pick<MessageView, 'attachment'>>
  | { readonly refusal: Refusal } {
  const { attachmentId, kind } = command.content
  const attachment = attachmentId === undefined ? undefined : scene.attachment(attachmentId)
  // An upload of somebody else's, or for another conversation, is as if it were not there.
  const isOwn =
    attachment?.ownerId === command.actor.userId &&
    attachment.conversationId === command.conversationId
  if (attachment === undefined || !isOwn || attachment.state === 'pending') {
    return { refusal: { code: 'attachment_not_ready' } }
  }
  if (attachment.state === 'refused') return { refusal: refusalOf(attachment) }
  if (kind === 'image' && !attachment.contentType.startsWith('image/')) {
    return { refusal: { code: 'attachment_type', fields: { expected: 'image/*' } } }
  }
  const { fileName, contentType, bytes } = attachment
  return { attachment: { attachmentId: attachment.attachmentId, fileName, contentType, bytes } }
}

function refusalOf({ refusal, contentType, bytes }: Attachment): Refusal {
  // What was declared is what would have been taken.
  return refusal === 'attachment_too_large'
    ? { code: refusal, fields: { max: bytes } }
    : { code: 'attachment_type', fields: { expected: contentType } }
}
