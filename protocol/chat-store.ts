// What gateways and chat stores say to each other over the bus. Already checked at the gateway's edge;
// plain data only, since another process may be at the other end.
import { z } from 'zod'
import {
  AttachmentUpload,
  type ChatOutcome,
  type ChatPublication,
  ChatRefused,
  type ChatSettings,
  ChatUnknown,
  type ConversationKind,
  type SubjectType,
} from './chat.ts'
import type { ReportMessage, SendMessage, UpdateMembership } from './chat-requests.ts'
import type { Actor } from './identity.ts'
import type { DecideCase, ModerationRule, SilenceUser } from './moderation.ts'
import { Shape } from './shape.ts'

interface CommandBase {
  readonly conversationId: string
  readonly actor: Actor
}

/** Fixed when the conversation is made. Its id is made from these, so that there is only one. */
export interface ConversationTerms {
  readonly kind: ConversationKind
  readonly subject: { readonly type: SubjectType; readonly id: string }
  /** Both in `direct` and `order`; in a room the seller of the lot, where there is one. */
  readonly buyerId?: string
  readonly sellerId?: string
}

export interface OfferContent {
  readonly amount: number
  readonly currency: string
  readonly expiresAt: number
}

/** The body of a message as its sender made it, without the ids. */
export type MessageContent = Omit<SendMessage, 'conversationId' | 'clientMessageId' | 'offer'> & {
  readonly offer?: OfferContent | undefined
}

/** A command about one conversation. Those that wait together are decided and committed together. */
export type ConversationCommand =
  | (CommandBase & { readonly type: 'open_conversation'; readonly terms: ConversationTerms })
  | (CommandBase & {
      readonly type: 'send_message'
      /** Made by the gateway: a UUID of version 7, so messages sort by age. */
      readonly messageId: string
      readonly clientMessageId: string
      readonly content: MessageContent
    })
  | (CommandBase & {
      readonly type: 'edit_message'
      readonly messageId: string
      readonly text: string
    })
  | (CommandBase & {
      readonly type: 'delete_message'
      readonly messageId: string
      readonly forAll: boolean
    })
  | (CommandBase & {
      readonly type: 'react'
      readonly messageId: string
      readonly emoji: readonly string[]
    })
  | (CommandBase & { readonly type: 'mark'; readonly delivered?: number; readonly read?: number })
  | (CommandBase & {
      readonly type: 'counter_offer'
      readonly messageId: string
      readonly clientMessageId: string
      readonly offerId: string
      readonly offer: OfferContent
    })
  | (CommandBase & {
      readonly type: 'accept_offer' | 'decline_offer' | 'withdraw_offer'
      readonly offerId: string
      /** Makes the command repeatable: the same id by the same user gets the first answer again. */
      readonly clientMessageId: string
    })
  | (CommandBase & {
      readonly type: 'update_membership'
      readonly changes: Omit<UpdateMembership, 'conversationId'> & {
        readonly mutedUntil?: number | null
      }
    })
  | (CommandBase & { readonly type: 'set_slow_mode'; readonly slowModeMs: number })
  | (CommandBase & { readonly type: 'set_legal_hold'; readonly held: boolean })
  | (CommandBase & {
      readonly type: 'report'
      readonly caseId: string
      readonly report: Omit<ReportMessage, 'conversationId'>
    })
  | (CommandBase & { readonly type: 'decide_case'; readonly decision: DecideCase })

/** A command about a user or the house: rare, one transaction each. */
export type HouseCommand = { readonly actor: Actor } & (
  | { readonly type: 'block' | 'unblock'; readonly userId: string }
  | { readonly type: 'set_chat_settings'; readonly settings: ChatSettings }
  | {
      readonly type: 'create_attachment'
      readonly attachmentId: string
      readonly conversationId: string
      readonly fileName: string
      readonly contentType: string
      readonly bytes: number
    }
  | { readonly type: 'silence'; readonly silence: SilenceUser }
  | { readonly type: 'set_moderation_rules'; readonly rules: readonly ModerationRule[] }
  | { readonly type: 'erase_user'; readonly userId: string }
)

export type ChatCommand = ConversationCommand | HouseCommand

export const HouseAccepted = Shape('The command was carried out.', {
  outcome: z.literal('accepted'),
  serverTime: z.number().int().min(0),
  upload: AttachmentUpload.exactOptional().describe('With `create_attachment`.'),
})
export const HouseOutcome = z.discriminatedUnion('outcome', [
  HouseAccepted,
  ChatRefused,
  ChatUnknown,
])
export type HouseOutcome = Readonly<z.output<typeof HouseOutcome>>

export type ChatReply = ChatOutcome | HouseOutcome

/** One publication of a conversation's stream on its way to the members, and whose doing it was. */
export interface ChatEvent {
  readonly seq: number
  readonly actorId: string
  readonly publication: ChatPublication
}

/** What is said on `chatEventsSubject`: what one commit did, or something volatile. */
export type ChatEvents =
  /** In order of seq, without a gap. */
  | { readonly conversationId: string; readonly events: readonly ChatEvent[] }
  | {
      readonly conversationId: string
      readonly typing: { readonly userId: string; readonly expiresAt: number }
    }
  | {
      readonly conversationId: string
      readonly presence: {
        readonly change: 'join' | 'leave'
        readonly client: string
        readonly userId: string
      }
    }

/** Somebody has blocked or unblocked somebody: every gateway hides accordingly from now on. */
export interface BlockChange {
  readonly blockerId: string
  readonly blockedId: string
  readonly blocked: boolean
}
