// Decides the commands of a batch, each conversation on a draft of its own.
import { assert } from '../../platform/assert.ts'
import type { ChatOutcome } from '../../protocol/chat.ts'
import type { ChatEvent } from '../../protocol/chat-store.ts'
import type { ConversationChange } from '../core/change.ts'
import type { Facts } from '../core/conversation.ts'
import { ConversationDraft } from '../core/draft.ts'
import type { Setting } from '../core/setting.ts'
import type { Admitted } from './admitted.ts'

/** A command and what it hears, if its conversation's part of the batch stands. */
export interface Heard {
  readonly admitted: Admitted
  readonly outcome: ChatOutcome | undefined
}

/** What the commands about one conversation came to. */
export interface Decided {
  readonly conversationId: string
  /** What was known before. */
  readonly facts: Facts
  /** In the order decided. */
  readonly heard: readonly Heard[]
  /** What is to be stored; undefined where nothing is. */
  readonly change: ConversationChange | undefined
  /** What is to be told once it is stored. */
  readonly told: readonly ChatEvent[]
}

/** The facts of each conversation, and the commands about it in the order admitted. */
export type CommandsByConversation = ReadonlyMap<string, readonly Admitted[]>

/** @throws what the core throws, which it should not. */
export function decideBatch(
  commands: CommandsByConversation,
  facts: readonly Facts[],
  nowMs: number,
  settingOf: (conversationId: string) => Setting,
): readonly Decided[] {
  return [...commands].map(([conversationId, admitted], nth) => {
    const known = facts[nth]
    assert(known?.conversationId === conversationId, 'facts come in the order asked')
    const draft = new ConversationDraft(known)
    const setting = settingOf(conversationId)
    const heard = admitted.map(
      (one): Heard => ({ admitted: one, outcome: draft.decide(one.command, nowMs, setting) }),
    )
    return { conversationId, facts: known, heard, change: draft.change(), told: draft.told() }
  })
}
