// One commit, whosever log it is in.
import type { ConversationCommit } from './conversation-commit.ts'
import type { LotCommit } from './lot-commit.ts'

export type Commit = LotCommit | ConversationCommit
