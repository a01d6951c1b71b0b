// What is kept of users, uploads and rules: rare changes, one transaction each. None of it throws
// anything but the database's error.
import type { ModerationRule, SilenceUser } from '../../protocol/moderation.ts'
import type { Attachment } from '../core/conversation.ts'

export interface ChatHouse {
  /** True where it changed something. Conversations of the two are decided anew from then on. */
  block(blockerId: string, blockedId: string, atMs: number): Promise<boolean>
  unblock(blockerId: string, blockedId: string): Promise<boolean>
  setHidesReadMarks(userId: string, hides: boolean): Promise<void>
  /** Logged. */
  silence(silence: SilenceUser, moderatorId: string, atMs: number): Promise<void>
  rules(): Promise<readonly ModerationRule[]>
  /** Logged. */
  setRules(rules: readonly ModerationRule[], moderatorId: string, atMs: number): Promise<void>
  addAttachment(attachment: Omit<Attachment, 'state' | 'refusal'>, atMs: number): Promise<void>
  attachments(attachmentIds: readonly string[]): Promise<readonly Attachment[]>
  /** What was found when the bytes were looked at. */
  settleAttachment(
    attachmentId: string,
    found:
      | { readonly state: 'ready' }
      | { readonly state: 'refused'; readonly refusal: NonNullable<Attachment['refusal']> },
  ): Promise<void>
  /** Asks for an erasure; asking twice is asking once. */
  requestErasure(userId: string, requestedBy: string, atMs: number): Promise<void>
}
