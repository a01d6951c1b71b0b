// Commands on feeds and devices, brought over the bus to any notifier.
import type { Logger } from '../../platform/log.ts'
import type { FeedOutcome } from '../../protocol/feed.ts'
import type { FeedRequest } from '../../protocol/feed-commands.ts'
import { isRetryable } from '../../protocol/refusals.ts'
import { feedCommandsSubject } from '../../protocol/subjects.ts'
import { overloadedRetryMs } from '../limits.ts'
import type { FeedOffice } from '../ports/feed-office.ts'
import { type AskOptions, askUntilHeard } from './ask-until-heard.ts'

export interface BusFeedOfficeOptions extends AskOptions {
  readonly log: Logger
}

export function createBusFeedOffice(options: BusFeedOfficeOptions): FeedOffice {
  const { clock, log } = options
  return {
    async submit(command) {
      const request: FeedRequest = { ...command, askedAtMs: clock.nowMs() }
      const heard = await askUntilHeard(options, feedCommandsSubject, request)
      if (heard.type === 'answer') return heard.answer as FeedOutcome
      const serverTime = clock.nowMs()
      if (heard.type === 'unheard') {
        const code = 'overloaded'
        const retryable = isRetryable(code)
        const retryAfterMs = overloadedRetryMs
        return { outcome: 'refused', code, serverTime, retryable, retryAfterMs }
      }
      log.warn({ err: heard.cause, type: command.type }, 'an answer of the feed was lost')
      return { outcome: 'unknown', code: 'outcome_unknown', serverTime, retryable: true }
    },
  }
}
