// From a commit, whosever log it is in, to what it tells.
import type { Commit } from './commit.ts'
import { deriveConversation } from './derive-conversation.ts'
import { deriveLot } from './derive-lot.ts'
import type { Derived } from './notice.ts'
import { deriveWebhooks } from './webhooks/derive-webhooks.ts'

/** What one commit tells whom. @throws UnderivableError where its log is not whole. */
export function derive(commit: Commit): Derived {
  const toUsers =
    commit.source === 'lot'
      ? { notices: deriveLot(commit), redactions: [] }
      : deriveConversation(commit)
  return { ...toUsers, webhooks: deriveWebhooks(commit) }
}
