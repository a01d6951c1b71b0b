// What clients get, by the names that the types have, in the order of reading: the printed page and
// the description of the HTTP API call each shape by its name here.
import type { z } from 'zod'
import {
  BidAccepted,
  BidOutcome,
  BidPage,
  LotAccepted,
  LotForCaller,
  LotOutcome,
  LotPublication,
  LotResult,
  LotSnapshot,
  LotView,
  OutcomeUnknown,
  OwnStanding,
  PublicBid,
  Refused,
} from './auction.ts'
import {
  AttachmentAccepted,
  AttachmentLink,
  AttachmentOutcome,
  AttachmentUpload,
  AttachmentView,
  BlockPage,
  ChatAccepted,
  ChatOutcome,
  ChatPublication,
  ChatRefused,
  ChatSettings,
  ChatSnapshot,
  ChatUnknown,
  ChatWarning,
  ConversationOpened,
  ConversationOutcome,
  ConversationPage,
  ConversationView,
  MemberView,
  MessagePage,
  MessageVersion,
  MessageVersionList,
  MessageView,
  OfferView,
  OwnMembership,
  QuoteView,
  ReactionView,
  SearchPage,
  TypingPublication,
} from './chat.ts'
import { HouseAccepted, HouseOutcome } from './chat-store.ts'
import { DeviceList, DeviceView } from './devices.ts'
import {
  FeedAccepted,
  FeedNotification,
  FeedOutcome,
  FeedPage,
  FeedReadPublication,
  FeedRefused,
  FeedUnknown,
  NotificationPreferences,
} from './feed.ts'
import { ServerTime } from './methods.ts'
import {
  ModerationCase,
  ModerationQueuePage,
  ModerationRule,
  ModerationRuleList,
} from './moderation.ts'
import { Notification } from './notifications.ts'

export const AUCTION_SHAPES = {
  LotView,
  LotResult,
  PublicBid,
  OwnStanding,
  LotForCaller,
  LotSnapshot,
  LotPublication,
  BidOutcome,
  BidAccepted,
  Refused,
  OutcomeUnknown,
  LotOutcome,
  LotAccepted,
  BidPage,
} as const satisfies Record<string, z.ZodType>

export const CHAT_SHAPES = {
  ConversationView,
  MemberView,
  OwnMembership,
  MessageView,
  AttachmentView,
  OfferView,
  QuoteView,
  ReactionView,
  ChatSnapshot,
  ChatPublication,
  TypingPublication,
  ChatOutcome,
  ChatAccepted,
  ChatWarning,
  ChatRefused,
  ChatUnknown,
  ConversationOutcome,
  ConversationOpened,
  HouseOutcome,
  HouseAccepted,
  ConversationPage,
  MessagePage,
  SearchPage,
  MessageVersionList,
  MessageVersion,
  BlockPage,
  ChatSettings,
  AttachmentOutcome,
  AttachmentUpload,
  AttachmentAccepted,
  AttachmentLink,
} as const satisfies Record<string, z.ZodType>

export const MODERATION_SHAPES = {
  ModerationQueuePage,
  ModerationCase,
  ModerationRuleList,
  ModerationRule,
} as const satisfies Record<string, z.ZodType>

export const FEED_SHAPES = {
  Notification,
  FeedNotification,
  FeedPage,
  FeedReadPublication,
  FeedOutcome,
  FeedAccepted,
  FeedRefused,
  FeedUnknown,
  NotificationPreferences,
  DeviceList,
  DeviceView,
} as const satisfies Record<string, z.ZodType>

export const SHAPES = {
  ...AUCTION_SHAPES,
  ...CHAT_SHAPES,
  ...MODERATION_SHAPES,
  ...FEED_SHAPES,
  ServerTime,
} as const satisfies Record<string, z.ZodType>
