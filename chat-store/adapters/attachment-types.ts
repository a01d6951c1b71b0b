// File types by their magic bytes, as the library `file-type` knows them.
import { fileTypeFromBuffer } from 'file-type'
import type { AttachmentTypes } from '../ports/attachment-types.ts'

export const attachmentTypes: AttachmentTypes = {
  async shownBy(start) {
    try {
      return (await fileTypeFromBuffer(start))?.mime
    } catch {
      // It begins like one that the library knows, and goes on like none.
      return undefined
    }
  },
}
