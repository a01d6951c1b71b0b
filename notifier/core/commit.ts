// What is read of a log at a time, whosever log it is.
import type { ConversationCommit } from './conversation-commit.ts'
import type { LotCommit } from './lot-commit.ts'
import type { LotStretch } from './lot-stretch.ts'

/** One commit with all its words. */
export type Commit = LotCommit | ConversationCommit

/** What users and webhooks are told from: commits to a lot may be told as one, those to a conversation never. */
export type Derivable = LotStretch | ConversationCommit
