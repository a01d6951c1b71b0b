// The methods of those who keep order: moderators and the marketplace's own back end.
import { z } from 'zod'
import { ChatOutcome } from './chat.ts'
import { EraseUser } from './chat-requests.ts'
import { HouseOutcome } from './chat-store.ts'
import type { MethodTable } from './method-table.ts'
import {
  DecideCase,
  ListModerationQueue,
  ModerationQueuePage,
  ModerationRuleList,
  SetModerationRules,
  SilenceUser,
} from './moderation.ts'

const NoParams = z.object({})

export const MODERATION_METHODS = {
  'moderation.queue': {
    params: ListModerationQueue,
    http: { method: 'GET', path: '/v1/moderation/queue', success: 200 },
    audience: 'user',
    result: ModerationQueuePage,
    summary: 'Held messages and reports that nobody has decided, oldest first.',
  },
  'moderation.decide': {
    params: DecideCase,
    http: { method: 'POST', path: '/v1/moderation/queue/{caseId}/decide', success: 200 },
    audience: 'user',
    result: ChatOutcome,
    summary: 'Decides a case; the decision is logged.',
  },
  'moderation.silence': {
    params: SilenceUser,
    http: { method: 'POST', path: '/v1/moderation/silences', success: 200 },
    audience: 'user',
    result: HouseOutcome,
    summary: 'Mutes a user in one conversation or everywhere, or ends it.',
  },
  'moderation.rules': {
    params: NoParams,
    http: { method: 'GET', path: '/v1/moderation/rules', success: 200 },
    audience: 'user',
    result: ModerationRuleList,
    summary: 'The rules over texts, in order.',
  },
  'moderation.setRules': {
    params: SetModerationRules,
    http: { method: 'PUT', path: '/v1/moderation/rules', success: 200 },
    audience: 'user',
    result: HouseOutcome,
    summary: 'Replaces the rules; they count within seconds everywhere.',
  },
  'user.erase': {
    params: EraseUser,
    http: { method: 'POST', path: '/v1/users/{userId}/erase', success: 202 },
    audience: 'user',
    result: HouseOutcome,
    summary:
      'Erases everything that a user has said, except under legal hold; works on in the background.',
  },
} as const satisfies MethodTable
