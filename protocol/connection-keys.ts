// By which names connections are counted over all gateways: what a gateway enters, and whoever asks for a
// count, spell alike. A user id holds no `:`, an address follows the first one, and a device's id, which may
// hold anything, comes last: no two keys can be taken for each other.
import type { ConversationId } from './chat.ts'
import type { UserId } from './ids.ts'

/** The connections of a user. */
export const userConnectionsKey = (userId: UserId): string => `user:${userId}`

/** The connections that come from an address. */
export const addressConnectionsKey = (address: string): string => `address:${address}`

/** The connections of one device of a user. */
export const deviceConnectionsKey = (userId: UserId, deviceId: string): string =>
  `device:${userId}:${deviceId}`

/** The connections of one device of a user that have a conversation open. */
export const openConversationKey = (
  userId: UserId,
  deviceId: string,
  conversationId: ConversationId,
): string => `open:${userId}:${conversationId}:${deviceId}`
