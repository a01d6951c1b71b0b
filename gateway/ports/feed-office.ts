// Where the gateway takes what users settle about their feeds and devices.
import type { FeedOutcome } from '../../protocol/feed.ts'
import type { FeedCommand } from '../../protocol/feed-commands.ts'

export interface FeedOffice {
  /**
   * Brings a command to a notifier and waits until it is carried out. Never throws: where no notifier
   * serves within the deadline the outcome is refused `overloaded` (nothing was done), where the answer was
   * lost it is `unknown` (ask again).
   */
  submit(command: FeedCommand): Promise<FeedOutcome>
}
