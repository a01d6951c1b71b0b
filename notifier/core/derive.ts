// From what was read of a log, whosever it is, to what it tells.
import type { Derivable } from './commit.ts'
import { deriveConversation } from './derive-conversation.ts'
import { deriveLot } from './derive-lot.ts'
import type { Derived } from './notice.ts'
import { deriveWebhooks } from './webhooks/derive-webhooks.ts'

/** What it tells whom. @throws UnderivableError where the log is not whole. */
export function derive(read: Derivable): Derived {
  const toUsers =
    read.source === 'lot' ? { notices: deriveLot(read), redactions: [] } : deriveConversation(read)
  return { ...toUsers, webhooks: deriveWebhooks(read) }
}
