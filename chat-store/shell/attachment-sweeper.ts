// Removes the bytes that nobody needs any more: of uploads that were never sent, and of messages that
// were deleted for all. Several stores may do it at once: removing twice is removing once.
import { type Beat, beat } from '../../platform/beat.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Part } from '../../platform/lifecycle.ts'
import type { Logger } from '../../platform/log.ts'
import type { ObjectStore } from '../../platform/objects/object-store.ts'
import { attachmentKey, uploadKey } from '../../protocol/attachments.ts'
import {
  attachmentSweepPeriodMs,
  goneAttachmentGraceMs,
  sweptAttachmentsPerPass,
  unsentAttachmentMs,
} from '../limits.ts'
import type { AttachmentRegister } from '../ports/attachment-register.ts'

export interface AttachmentSweeperOptions {
  readonly register: Omit<AttachmentRegister, 'mayAttach'>
  readonly objects: Pick<ObjectStore, 'remove'>
  readonly clock: Clock
  readonly log: Logger
}

export class AttachmentSweeper implements Part {
  readonly name = 'attachment sweeper'
  readonly #options: AttachmentSweeperOptions
  #beat: Beat | undefined
  #isEnding = false

  constructor(options: AttachmentSweeperOptions) {
    this.#options = options
  }

  async start(): Promise<void> {
    this.#beat = beat('attachments', attachmentSweepPeriodMs, () => this.#sweep(), this.#options)
  }

  async drain(): Promise<void> {
    this.#isEnding = true
    await this.#beat?.stop()
  }

  stop(): Promise<void> {
    return this.drain()
  }

  async #sweep(): Promise<void> {
    const { register, clock, log } = this.#options
    const nowMs = clock.nowMs()
    await register.giveUp(nowMs - unsentAttachmentMs, nowMs, sweptAttachmentsPerPass)
    let removed = 0
    for (;;) {
      const ids = await register.gone(nowMs - goneAttachmentGraceMs, sweptAttachmentsPerPass)
      // The objects first: what fails here is still in the register for the next time.
      for (const id of ids) await this.#removeObjects(id)
      if (ids.length > 0) await register.forget(ids)
      removed += ids.length
      if (ids.length < sweptAttachmentsPerPass || this.#isEnding) break
    }
    if (removed > 0) log.info({ attachments: removed }, 'attachments were removed')
  }

  async #removeObjects(attachmentId: string): Promise<void> {
    const { objects } = this.#options
    await Promise.all([
      objects.remove(uploadKey(attachmentId)),
      objects.remove(attachmentKey(attachmentId)),
    ])
  }
}
