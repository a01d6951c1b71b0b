// From a commit, whosever log it is in, to what it tells.
import type { ConversationCommit } from './conversation-commit.ts'
import { deriveConversation } from './derive-conversation.ts'
import { deriveLot } from './derive-lot.ts'
import type { LotCommit } from './lot-commit.ts'
import type { Derived } from './notice.ts'

export type Commit = LotCommit | ConversationCommit

/** What one commit tells whom. @throws UnderivableError where its log is not whole. */
export function derive(commit: Commit): Derived {
  return commit.source === 'lot'
    ? { notices: deriveLot(commit), redactions: [] }
    : deriveConversation(commit)
}
