// The words of moderation: rules over texts, the queue of what people must look at, and decisions.
import { z } from 'zod'
import { ConversationId, MessageView } from './chat.ts'
import { UserId, Uuid } from './ids.ts'
import { WholeNumber } from './query.ts'
import { Shape } from './shape.ts'
import { Text } from './text.ts'

/** From mild to strict; of several rules the strictest verdict counts. */
export const VERDICTS = ['allow', 'warn', 'hold', 'refuse'] as const
export type Verdict = (typeof VERDICTS)[number]

const RuleBase = z.object({
  ruleId: Text(64).min(1),
  verdict: z.enum(VERDICTS),
  says: Text(300).min(1).describe('Told to the sender of a text that the rule is about.'),
  enabled: z.boolean().default(true),
})

export const ModerationRule = z
  .discriminatedUnion('kind', [
    RuleBase.extend({
      kind: z.literal('links'),
      domains: z.array(Text(253).min(1)).max(10_000),
      match: z
        .enum(['listed', 'unlisted'])
        .describe('Whether it is about links to these domains, or to all others.'),
    }),
    RuleBase.extend({ kind: z.literal('phone_numbers') }),
    RuleBase.extend({ kind: z.literal('email_addresses') }),
    RuleBase.extend({
      kind: z.literal('words'),
      words: z.array(Text(100).min(1)).max(10_000).describe('Whole words, whatever their case.'),
    }),
    RuleBase.extend({
      kind: z.literal('repeated_text'),
      conversations: z
        .number()
        .int()
        .min(2)
        .max(1_000)
        .describe('The same text of one sender in so many conversations within ten minutes.'),
    }),
  ])
  .describe('A rule over texts, and what becomes of a text that it is about.')
export type ModerationRule = z.output<typeof ModerationRule>

export const SetModerationRules = z
  .object({ rules: z.array(ModerationRule).max(500).describe('All rules from now on, in order.') })
  .refine(({ rules }) => new Set(rules.map(({ ruleId }) => ruleId)).size === rules.length, {
    path: ['rules'],
    message: 'expected each ruleId once',
  })

export const ListModerationQueue = z.object({
  cursor: Text(512).optional(),
  limit: WholeNumber.min(1).max(100).default(20),
})

const DECISIONS = ['release', 'remove', 'dismiss'] as const
export const DecideCase = z.object({
  caseId: Uuid,
  decision: z
    .enum(DECISIONS)
    .describe('`release` a held message, `remove` the message for all, `dismiss` a report.'),
  muteSenderUntil: z.number().int().min(0).optional().describe('Epoch milliseconds.'),
  note: Text(1_000).optional(),
})
export type DecideCase = z.output<typeof DecideCase>

export const SilenceUser = z.object({
  userId: UserId,
  conversationId: ConversationId.optional().describe('Only here; without it everywhere.'),
  until: z.number().int().min(0).nullable().describe('Epoch milliseconds; null ends it.'),
  note: Text(1_000).optional(),
})
export type SilenceUser = z.output<typeof SilenceUser>

export const ModerationRuleList = Shape('The rules over texts, in order.', {
  rules: z.array(ModerationRule).readonly(),
})

export const ModerationCase = Shape('Something a moderator must look at.', {
  caseId: Uuid,
  kind: z.enum(['held', 'report']),
  conversationId: ConversationId,
  openedAt: z.number().int().min(0).describe('Epoch milliseconds.'),
  message: MessageView.exactOptional().describe(
    'The message as it was sent, a held one included; absent where the conversation was reported.',
  ),
  reportedBy: UserId.exactOptional(),
  reason: z.string().exactOptional(),
  note: z.string().exactOptional(),
  rules: z
    .array(z.string())
    .readonly()
    .exactOptional()
    .describe('With `held`: the rules that held it.'),
})
export type ModerationCase = Readonly<z.output<typeof ModerationCase>>

export const ModerationQueuePage = Shape('Cases that nobody has decided.', {
  items: z.array(ModerationCase).readonly().describe('Oldest first.'),
  next: z.string().exactOptional().describe('Pass as `cursor` for the following page.'),
})
export type ModerationQueuePage = Readonly<z.output<typeof ModerationQueuePage>>
