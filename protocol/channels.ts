// Channel names and their classes. The class decides what happens to a socket that cannot keep up.
import { ConversationId } from './chat.ts'
import { LotId, UserId } from './ids.ts'

/**
 * `state`: each publication carries the whole public state, so the newest alone suffices and a slow
 * reader skips to it. `durable`: never skipped; a slow reader is closed and recovers by offset.
 */
export type ChannelClass = 'state' | 'durable'

export type Channel =
  | { readonly kind: 'lot'; readonly name: string; readonly lotId: string }
  | { readonly kind: 'chat'; readonly name: string; readonly conversationId: string }
  | { readonly kind: 'user'; readonly name: string; readonly userId: string }

export type ChannelKind = Channel['kind']

export const CHANNEL_CLASSES = {
  lot: 'state',
  chat: 'durable',
  user: 'durable',
} as const satisfies Record<ChannelKind, ChannelClass>

export const channelNameCharactersMax = 255

export const lotChannel = (lotId: string): string => `lot:${lotId}`
export const chatChannel = (conversationId: string): string => `chat:${conversationId}`
export const userChannel = (userId: string): string => `user:${userId}`

/** The channel a name stands for, or undefined where no channel has that name. */
export function parseChannel(name: string): Channel | undefined {
  if (name.length > channelNameCharactersMax) return undefined
  const colon = name.indexOf(':')
  const id = name.slice(colon + 1)
  switch (name.slice(0, colon)) {
    case 'lot': {
      // Only the canonical spelling names the channel, or one lot would have several streams.
      const lotId = LotId.safeParse(id)
      return lotId.success && lotId.data === id ? { kind: 'lot', name, lotId: id } : undefined
    }
    case 'chat': {
      const conversationId = ConversationId.safeParse(id)
      return conversationId.success && conversationId.data === id
        ? { kind: 'chat', name, conversationId: id }
        : undefined
    }
    case 'user':
      return UserId.safeParse(id).success ? { kind: 'user', name, userId: id } : undefined
    default:
      return undefined
  }
}
