// Attachments on their way into messages: room for an upload, and a look at what was uploaded before a
// message that holds it is decided upon.
import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/log.ts'
import type { ObjectStore } from '../../platform/objects/object-store.ts'
import {
  ATTACHMENT_TYPES,
  type AttachmentType,
  attachmentKey,
  isImageType,
  uploadKey,
} from '../../protocol/attachments.ts'
import type { HouseOutcome } from '../../protocol/chat-store.ts'
import type { Attachment } from '../core/conversation.ts'
import { attachmentStartBytes, fileBytesMax, imageBytesMax } from '../limits.ts'
import type { AttachmentRegister } from '../ports/attachment-register.ts'
import type { AttachmentTypes } from '../ports/attachment-types.ts'
import type { ChatHouse } from '../ports/chat-house.ts'
import { isWhatItSays } from './attachment-judgement.ts'
import type { Attachments, CreateAttachment } from './house-desk.ts'
import { refused } from './outcomes.ts'

export interface AttachmentDeskOptions {
  readonly house: Pick<ChatHouse, 'addAttachment' | 'attachments' | 'settleAttachment'>
  readonly register: Pick<AttachmentRegister, 'mayAttach'>
  readonly objects: ObjectStore
  readonly types: AttachmentTypes
  readonly clock: Clock
  readonly log: Logger
}

export class AttachmentDesk implements Attachments {
  readonly #options: AttachmentDeskOptions
  readonly #underWay = new Map<string, Promise<void>>()

  constructor(options: AttachmentDeskOptions) {
    this.#options = options
  }

  /** Room for an upload, and the link to put it there. @throws the error of the database or the object store. */
  async create(command: CreateAttachment): Promise<HouseOutcome> {
    const { house, register, objects, clock } = this.#options
    const { actor, attachmentId, conversationId, fileName, bytes } = command
    const nowMs = clock.nowMs()
    if (!(await register.mayAttach(conversationId, actor.userId))) {
      return refused(command, 'not_member', nowMs)
    }
    const contentType = attachmentTypeOf(command.contentType)
    if (contentType === undefined) {
      return refused(command, 'attachment_type', nowMs, { expected: ATTACHMENT_TYPES.join(', ') })
    }
    const max = isImageType(contentType) ? imageBytesMax : fileBytesMax
    if (bytes > max) return refused(command, 'attachment_too_large', nowMs, { max })
    const attachment = { attachmentId, conversationId, fileName, contentType, bytes }
    await house.addAttachment({ ...attachment, ownerId: actor.userId }, nowMs)
    const { url, headers, expiresAtMs } = await objects.signUpload(uploadKey(attachmentId), {
      bytes,
      contentType,
    })
    const upload = { attachmentId, uploadUrl: url, method: 'PUT', headers } as const
    return {
      outcome: 'accepted',
      serverTime: clock.nowMs(),
      upload: { ...upload, expiresAt: expiresAtMs },
    }
  }

  /** Twice at once is once. Where the bytes can not be looked at the upload stays as it is. */
  settle(attachmentId: string): Promise<void> {
    const underWay = this.#underWay.get(attachmentId)
    if (underWay !== undefined) return underWay
    const settling = this.#look(attachmentId)
      .catch((err: unknown) => {
        this.#options.log.warn({ err, attachmentId }, 'an upload could not be looked at')
      })
      .finally(() => this.#underWay.delete(attachmentId))
    this.#underWay.set(attachmentId, settling)
    return settling
  }

  async #look(attachmentId: string): Promise<void> {
    const { house, objects } = this.#options
    const [attachment] = await house.attachments([attachmentId])
    if (attachment?.state !== 'pending') return
    // First out of the reach of the link: what is looked at is what everybody gets.
    const key = attachmentKey(attachmentId)
    await objects.move(uploadKey(attachmentId), key)
    const found = await objects.inspect(key, attachmentStartBytes)
    if (found === undefined) return
    if (found.bytes !== attachment.bytes) return await objects.remove(key)
    const isWhole = found.bytes <= found.start.byteLength
    if (await this.#isRight(attachment, found.start, isWhole)) {
      await house.settleAttachment(attachmentId, { state: 'ready' })
    } else {
      await house.settleAttachment(attachmentId, { state: 'refused', refusal: 'attachment_type' })
      await objects.remove(key)
    }
  }

  async #isRight(attachment: Attachment, start: Uint8Array, isWhole: boolean): Promise<boolean> {
    const declared = attachmentTypeOf(attachment.contentType)
    // A type that was taken off the list since is none any more.
    if (declared === undefined) return false
    return await isWhatItSays(declared, start, isWhole, this.#options.types)
  }
}

/** The type on the list that `contentType` names, in whatever letters and with whatever parameters. */
function attachmentTypeOf(contentType: string): AttachmentType | undefined {
  const named = contentType.split(';', 1)[0]?.trim().toLowerCase()
  return ATTACHMENT_TYPES.find((type) => type === named)
}
