// What is known of attachments beyond what messages are decided upon: who may make one, and which of
// them are done with. None of it throws anything but the database's error.

export interface AttachmentRegister {
  /** A member of the conversation; in a room anybody. */
  mayAttach(conversationId: string, userId: string): Promise<boolean>
  /** Gives up uploads made before `beforeMs` that no message holds, at most `limit`: from `nowMs` on they can not be sent. */
  giveUp(beforeMs: number, nowMs: number, limit: number): Promise<number>
  /** Those gone before `beforeMs`, at most `limit`, except in conversations under legal hold. */
  gone(beforeMs: number, limit: number): Promise<readonly string[]>
  /** Once their objects are removed. */
  forget(attachmentIds: readonly string[]): Promise<void>
}
