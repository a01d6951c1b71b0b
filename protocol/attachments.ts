// What may be attached to a message, and under which names its bytes lie in the object store: the chat
// store puts them there, gateways make links to them.

/** Nothing that a browser would run: no HTML, no SVG. Images may be sent with kind `image`, all with `file`. */
export const ATTACHMENT_TYPES = [
  'image/jpeg',
  'image/png',
  'image/webp',
  'image/gif',
  'image/heic',
  'image/heif',
  'application/pdf',
  'text/plain',
  'text/csv',
] as const
export type AttachmentType = (typeof ATTACHMENT_TYPES)[number]

export function isImageType(contentType: string): boolean {
  return contentType.startsWith('image/')
}

/** Where a device puts the bytes. Whoever has its link may put others there for as long as the link holds. */
export const uploadKey = (attachmentId: string): string => `uploads/${attachmentId}`

/** Where they lie once they were looked at: nobody has a link to write there. */
export const attachmentKey = (attachmentId: string): string => `attachments/${attachmentId}`
