// What a decision looks at and what it consists of.
import type { ChatAccepted, ChatRefusalFields, ChatRefused } from '../../protocol/chat.ts'
import type { ChatRefusalCode } from '../../protocol/refusals.ts'
import type {
  AnswerRow,
  AttachmentSent,
  CaseDecided,
  CaseOpened,
  HideRow,
  LogEntry,
  LoggedEvent,
  MessageVersionRow,
  ReactionRow,
} from './change.ts'
import type { ChatStoreCommand } from './command.ts'
import type {
  Answered,
  Attachment,
  Conversation,
  Member,
  OpenCase,
  Person,
  StoredMessage,
} from './conversation.ts'
import type { Setting } from './setting.ts'

/** The facts as the commands before in the batch have left them. What is undefined does not exist. */
export interface Scene {
  readonly conversation: Conversation | undefined
  member(userId: string): Member | undefined
  /** Those that are known: in a room only whom the batch concerns. */
  members(): Iterable<Member>
  person(userId: string): Person | undefined
  message(messageId: string): StoredMessage | undefined
  /** The user's reactions on the message. */
  reactions(messageId: string, userId: string): readonly string[]
  attachment(attachmentId: string): Attachment | undefined
  /** Undecided. */
  openCase(caseId: string): OpenCase | undefined
  answer(commandId: string, actorId: string): Answered | undefined
  /** When the user last spoke in the room; known only where people have to pause. */
  spokeAtMs(userId: string): number | undefined
}

/** A command of somebody in a conversation that exists. */
export interface Asked<C extends ClientCommand = ClientCommand> {
  readonly scene: Scene
  readonly conversation: Conversation
  readonly command: C
  readonly atMs: number
  readonly setting: Setting
}

/** A command that somebody waits for. */
export type ClientCommand = Exclude<ChatStoreCommand, { type: 'wake' | 'erase_message' }>
export type CommandOf<T extends ClientCommand['type']> = Extract<ClientCommand, { type: T }>

/** What is to be stored and told; each part as in `ConversationChange`, rows in their state after it. */
export interface Effects {
  readonly conversation?: Conversation
  readonly members?: readonly Member[]
  /** Who has just spoken in a room: what it says next may have to wait. */
  readonly spoke?: { readonly userId: string; readonly atMs: number }
  readonly messages?: readonly StoredMessage[]
  /** Numbered on from the conversation's last one. */
  readonly events?: readonly LoggedEvent[]
  readonly answer?: AnswerRow
  readonly version?: MessageVersionRow
  readonly hide?: HideRow
  readonly reaction?: ReactionRow
  readonly attachment?: AttachmentSent
  readonly caseOpened?: CaseOpened
  readonly caseDecided?: CaseDecided
  readonly log?: LogEntry
}

export interface Decision {
  readonly reply: ChatAccepted | ChatRefused
  /** Absent where nothing changes. */
  readonly effects?: Effects
}

/** Why something is not done. */
export interface Refusal {
  readonly code: ChatRefusalCode
  readonly fields?: ChatRefusalFields
}
