// Links to attachments, made by the object store that holds them.
import type { ObjectStore } from '../../platform/objects/object-store.ts'
import { attachmentKey, isImageType } from '../../protocol/attachments.ts'
import type { AttachmentLinks } from '../ports/objects.ts'

export function createObjectAttachmentLinks(
  objects: Pick<ObjectStore, 'signDownload'>,
): AttachmentLinks {
  return {
    async sign(attachment) {
      const { attachmentId, fileName, contentType } = attachment
      const { url, expiresAtMs } = await objects.signDownload(attachmentKey(attachmentId), {
        fileName,
        contentType,
        // Pictures are shown where they are; anything else is kept first, and opened by whoever trusts it.
        disposition: isImageType(contentType) ? 'inline' : 'attachment',
      })
      return { ...attachment, url, expiresAt: expiresAtMs }
    },
  }
}
