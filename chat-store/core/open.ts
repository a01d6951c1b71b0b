// Opening a conversation: made the first time, found every other time.
import type { ConversationTerms } from '../../protocol/chat-store.ts'
import type { Conversation } from './conversation.ts'
import type { CommandOf, Decision, Refusal, Scene } from './decision.ts'
import { isInside, isModerator, isService, newMember } from './permissions.ts'
import { accepted, refused } from './replies.ts'
import type { Setting } from './setting.ts'

type Opening = CommandOf<'open_conversation'>

/** Tells nothing in the stream: the first message has seq 1. */
export function openConversation(
  scene: Scene,
  command: Opening,
  atMs: number,
  setting: Setting,
): Decision {
  const refusal = mayNotOpen(command)
  if (refusal !== undefined) return refused({ command, atMs }, refusal)
  const conversation = scene.conversation ?? newConversation(command, atMs)
  const asked = { scene, conversation, command, atMs, setting }
  if (scene.conversation === undefined) {
    const members = peopleOf(command.terms).map((userId) => newMember(conversation, userId))
    return accepted(asked, {}, { conversation, members })
  }
  // The id is made from the terms, so whoever may open it is in it, unless the store knows better.
  const isTheirs = isInside(scene, conversation, command) || isHouse(command)
  return isTheirs ? accepted(asked, {}) : refused(asked, { code: 'not_member' })
}

function mayNotOpen(command: Opening): Refusal | undefined {
  const { terms, actor } = command
  if (terms.kind === 'room') return undefined
  const { buyerId, sellerId } = terms
  if (buyerId === undefined || sellerId === undefined || buyerId === sellerId) {
    return { code: 'peer_invalid' }
  }
  const isOne = actor.userId === buyerId || actor.userId === sellerId
  return isOne || isHouse(command) ? undefined : { code: 'not_permitted' }
}

const isHouse = ({ actor }: Opening): boolean => isService(actor) || isModerator(actor)

function newConversation({ conversationId, terms }: Opening, atMs: number): Conversation {
  return {
    conversationId,
    terms,
    createdAtMs: atMs,
    version: 0,
    lastSeq: 0,
    lastMessageSeq: 0,
    lastMessageAtMs: atMs,
    slowModeMs: 0,
    legalHold: false,
  }
}

/** A room has no list of members: a row is made for whoever speaks, or settles something for itself. */
function peopleOf({ kind, buyerId, sellerId }: ConversationTerms): readonly string[] {
  if (kind === 'room') return []
  return [buyerId, sellerId].flatMap((userId) => userId ?? [])
}
