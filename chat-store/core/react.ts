// Reactions: each user has a set of emoji on a message, the message shows how many of each.
import type { ReactionView } from '../../protocol/chat.ts'
import { changed } from './appearing.ts'
import type { Asked, CommandOf, Decision } from './decision.ts'
import { emojiPerMessageMax } from './limits.ts'
import { accepted, refused } from './replies.ts'
import { speakerRefusal } from './speaking.ts'

/** Made when it is first asked for: it names thousands of emoji, and takes a thirtieth of a start to read. */
let emojiForm: RegExp | undefined

/** One emoji: otherwise reactions would be texts that no rule looks at. */
function isEmoji(text: string): boolean {
  emojiForm ??= new RegExp(String.raw`^(?:\p{RGI_Emoji}|\p{Extended_Pictographic})$`, 'v')
  return emojiForm.test(text)
}

/** Sets the actor's reactions; the same ones again leave no trace. */
export function react(asked: Asked<CommandOf<'react'>>): Decision {
  const { scene, command } = asked
  const { messageId, actor } = command
  const before = scene.message(messageId)
  if (before?.state !== 'visible') return refused(asked, { code: 'message_missing' })
  const refusal = speakerRefusal(asked)
  if (refusal !== undefined) return refused(asked, refusal)
  const emoji = [...new Set(command.emoji)]
  if (!emoji.every(isEmoji)) {
    return refused(asked, { code: 'text_invalid', fields: { expected: 'one emoji each' } })
  }
  const former = scene.reactions(messageId, actor.userId)
  const { seq } = before.view
  if (sameSet(emoji, former)) return accepted(asked, { messageId, seq, message: before.view })
  const counts = counted(before.view.reactions ?? [], former, emoji)
  if (counts.length > Math.max(emojiPerMessageMax, before.view.reactions?.length ?? 0)) {
    return refused(asked, { code: 'reaction_limit', fields: { max: emojiPerMessageMax } })
  }
  const { reactions: _former, ...rest } = before.view
  const view = counts.length === 0 ? rest : { ...rest, reactions: counts }
  const { events, ...effects } = changed(asked, 'reaction_changed', actor.userId, {
    ...before,
    view,
  })
  const detail = { reaction: { userId: actor.userId, emoji } }
  return accepted(
    asked,
    { messageId, seq, message: view },
    {
      ...effects,
      events: events.map((event) => ({ ...event, detail })),
      reaction: { messageId, userId: actor.userId, emoji },
    },
  )
}

function sameSet(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((one) => others.includes(one))
}

/** How many of each there are once one user's `former` reactions are these; the oldest emoji first. */
function counted(
  reactions: readonly ReactionView[],
  former: readonly string[],
  emoji: readonly string[],
): ReactionView[] {
  const counts = new Map(reactions.map(({ emoji: one, count }) => [one, count]))
  for (const one of emoji) {
    if (!former.includes(one)) counts.set(one, (counts.get(one) ?? 0) + 1)
  }
  for (const one of former) {
    if (!emoji.includes(one)) counts.set(one, (counts.get(one) ?? 0) - 1)
  }
  return [...counts].flatMap(([one, count]) => (count > 0 ? [{ emoji: one, count }] : []))
}
