// Changing what an own message says.
import type { MessageKind } from '../../protocol/chat.ts'
import { captionText, messageText } from '../../protocol/message-text.ts'
import { changed } from './appearing.ts'
import type { StoredMessage } from './conversation.ts'
import type { Asked, CommandOf, Decision, Refusal } from './decision.ts'
import { editWindowMs } from './limits.ts'
import { accepted, refused } from './replies.ts'
import { judgedText, ruleRefusal } from './saying.ts'
import { speakerRefusal } from './speaking.ts'

type Editing = Asked<CommandOf<'edit_message'>>

/** Text, and captions. What an offer or the house says stands as it was said. */
const EDITABLE: ReadonlySet<MessageKind> = new Set(['text', 'image', 'file'])

/** The former text is kept among the versions. An edit that changes nothing leaves no trace. */
export function editMessage(asked: Editing): Decision {
  const { scene, command, atMs } = asked
  const before = scene.message(command.messageId)
  if (before?.state !== 'visible') return refused(asked, { code: 'message_missing' })
  const refusal = mayNotEdit(asked, before)
  if (refusal !== undefined) return refused(asked, refusal)
  const said = before.view.kind === 'text' ? messageText(command.text) : captionText(command.text)
  if ('refusal' in said) return refused(asked, said.refusal)
  const { text } = said
  const { messageId, seq } = before.view
  if (text === before.view.text) return accepted(asked, { messageId, seq, message: before.view })
  const judgement = judgedText(asked, text)
  // What everybody has seen can not be held.
  const ruled = ruleRefusal(judgement, false)
  if (ruled !== undefined) return refused(asked, ruled)
  const { userId } = command.actor
  const view = { ...before.view, text, editedAt: atMs }
  const { warnings } = judgement
  return accepted(
    asked,
    { messageId, seq, message: view, ...(warnings.length > 0 ? { warnings } : {}) },
    {
      ...changed(asked, 'message_edited', userId, { ...before, view, sinceMs: atMs }),
      version: {
        messageId,
        fromMs: before.sinceMs,
        toMs: atMs,
        actorId: userId,
        view: before.view,
      },
    },
  )
}

function mayNotEdit(asked: Editing, { view }: StoredMessage): Refusal | undefined {
  if (view.senderId !== asked.command.actor.userId) return { code: 'not_permitted' }
  if (!EDITABLE.has(view.kind)) return { code: 'not_permitted' }
  const refusal = speakerRefusal(asked)
  if (refusal !== undefined) return refusal
  return asked.atMs >= view.at + editWindowMs ? { code: 'edit_window_over' } : undefined
}
