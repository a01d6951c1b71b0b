// Commands on feeds and devices, brought over the bus to any notifier.
import type { FeedOutcome } from '../../protocol/feed.ts'
import type { FeedRequest } from '../../protocol/feed-commands.ts'
import { feedCommandsSubject as subject } from '../../protocol/subjects.ts'
import type { FeedOffice } from '../ports/feed-office.ts'
import { BusCommands, type BusCommandsOptions } from './bus-commands.ts'

export function createBusFeedOffice(options: BusCommandsOptions): FeedOffice {
  const commands = new BusCommands<FeedOutcome>(options)
  return {
    submit: (asked) => {
      const { type } = asked
      const command: FeedRequest = { ...asked, askedAtMs: options.clock.nowMs() }
      return commands.bring({ subject, command, names: {}, logged: { type } })
    },
  }
}
