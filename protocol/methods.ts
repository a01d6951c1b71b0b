// The methods of `rpc`, whole: one table, put together from those of each family.
import { z } from 'zod'
import { EpochMs } from './auction.ts'
import { AUCTION_METHODS } from './auction-methods.ts'
import { CHAT_METHODS } from './chat-methods.ts'
import { FEED_METHODS } from './feed-methods.ts'
import type { MethodTable } from './method-table.ts'
import { MODERATION_METHODS } from './moderation-methods.ts'
import { Shape } from './shape.ts'
import { WEBHOOK_METHODS } from './webhook-methods.ts'

const TimeSync = z.object({})

export const ServerTime = Shape('The server’s clock.', { serverTime: EpochMs })

export const METHODS = {
  ...AUCTION_METHODS,
  ...CHAT_METHODS,
  ...MODERATION_METHODS,
  ...FEED_METHODS,
  ...WEBHOOK_METHODS,
  'time.sync': {
    params: TimeSync,
    audience: 'anyone',
    result: ServerTime,
    summary: 'The server’s clock, epoch milliseconds.',
  },
} as const satisfies MethodTable

export type MethodName = keyof typeof METHODS
export type MethodParams<N extends MethodName> = z.output<(typeof METHODS)[N]['params']>
