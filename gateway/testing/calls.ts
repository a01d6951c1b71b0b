// All methods of the gateway on stand-ins: what a test does not care about answers as if all were well.
import type { Clock } from '../../platform/clock.ts'
import type { Limits } from '../../platform/limits/limits.ts'
import { createMemoryLimits } from '../../platform/limits/memory-limits.ts'
import type { LimitSetting } from '../../platform/limits/parse-limit.ts'
import { createMetrics } from '../../platform/metrics.ts'
import { VirtualClock } from '../../platform/testing/virtual-clock.ts'
import { type GatewayLimit, RATES } from '../limits.ts'
import type { AuctionHouse } from '../ports/auction-house.ts'
import type { ChatBook } from '../ports/chat-book.ts'
import type { ChatStore } from '../ports/chat-store.ts'
import type { DeviceMarkBoard } from '../ports/device-mark-board.ts'
import type { FeedBook } from '../ports/feed-book.ts'
import type { FeedOffice } from '../ports/feed-office.ts'
import type { LotBook } from '../ports/lot-book.ts'
import type { UserFeed } from '../ports/user-feed.ts'
import type { WebhookBook } from '../ports/webhook-book.ts'
import type { WebhookOffice } from '../ports/webhook-office.ts'
import { createConversationDoor } from '../routes/conversation-door.ts'
import { type CallMethod, createCallMethod } from '../routes/method.ts'
import { createMethodMetrics } from '../routes/method-metrics.ts'
import { methodRoutes } from '../routes/methods.ts'
import { createLotVisibility } from '../routes/visible-lot.ts'
import { chatBookOf, chatStoreOf, links } from './conversations.ts'
import { deviceMarksOf, feedBookOf, feedOfficeOf } from './feeds.ts'
import { bookOf, houseOf } from './lots.ts'
import { noonMs } from './people.ts'
import { webhookBookOf, webhookOfficeOf } from './webhooks.ts'

export interface CallsSetup {
  readonly house?: AuctionHouse
  readonly book?: LotBook
  readonly chatBook?: ChatBook
  readonly chatStore?: ChatStore
  readonly feedBook?: FeedBook
  readonly feedOffice?: FeedOffice
  readonly userFeed?: Pick<UserFeed, 'head'>
  readonly deviceMarks?: DeviceMarkBoard
  readonly webhookBook?: WebhookBook
  readonly webhookOffice?: WebhookOffice
  readonly clock?: Clock
  readonly limits?: Limits<GatewayLimit>
  /** Instead of `limits`: those that are not as usual. */
  readonly rates?: Partial<Record<GatewayLimit, LimitSetting>>
}

export function callsOn(setup: CallsSetup = {}): CallMethod {
  const { house = houseOf(), book = bookOf() } = setup
  const { chatBook = chatBookOf(), chatStore = chatStoreOf() } = setup
  const clock = setup.clock ?? new VirtualClock(noonMs)
  const handlers = methodRoutes({
    house,
    book,
    chatBook,
    chatStore,
    feedBook: setup.feedBook ?? feedBookOf(),
    feedOffice: setup.feedOffice ?? feedOfficeOf(),
    userFeed: setup.userFeed ?? { head: async () => 0 },
    deviceMarks: setup.deviceMarks ?? deviceMarksOf(),
    webhookBook: setup.webhookBook ?? webhookBookOf(),
    webhookOffice: setup.webhookOffice ?? webhookOfficeOf(),
    door: createConversationDoor({ chatBook, maySeeLot: createLotVisibility(book) }),
    attachmentLinks: links,
    limits: setup.limits ?? createMemoryLimits<GatewayLimit>({ ...RATES, ...setup.rates }),
    clock,
  })
  return createCallMethod(
    handlers,
    createMethodMetrics(createMetrics({ role: 'test', ofProcess: false })),
  )
}
