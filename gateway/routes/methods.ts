// Every method of `protocol/methods.ts` with what answers it. A method without a handler does not compile.
import { type BidRoutesOptions, bidRoutes } from './bids.ts'
import { type AttachmentRoutesOptions, attachmentRoutes } from './chat/attachments.ts'
import { type ConversationRoutesOptions, conversationRoutes } from './chat/conversations.ts'
import { type MarkRoutesOptions, markRoutes } from './chat/marks.ts'
import { messageRoutes } from './chat/messages.ts'
import { moderationRoutes } from './chat/moderation.ts'
import { offerRoutes } from './chat/offers.ts'
import { peopleRoutes } from './chat/people.ts'
import { type FeedRoutesOptions, feedRoutes } from './feed.ts'
import { type LotRoutesOptions, lotRoutes } from './lots.ts'
import type { MethodHandlers } from './method.ts'
import { type WebhookRoutesOptions, webhookRoutes } from './webhooks.ts'

export type MethodRoutesOptions = BidRoutesOptions &
  LotRoutesOptions &
  ConversationRoutesOptions &
  MarkRoutesOptions &
  FeedRoutesOptions &
  AttachmentRoutesOptions &
  WebhookRoutesOptions

export function methodRoutes(options: MethodRoutesOptions): MethodHandlers {
  return {
    ...bidRoutes(options),
    ...lotRoutes(options),
    ...conversationRoutes(options),
    ...messageRoutes(options),
    ...markRoutes(options),
    ...offerRoutes(options),
    ...peopleRoutes(options),
    ...moderationRoutes(options),
    ...attachmentRoutes(options),
    ...feedRoutes(options),
    ...webhookRoutes(options),
    'time.sync': async () => ({ kind: 'data', data: { serverTime: options.clock.nowMs() } }),
  }
}
