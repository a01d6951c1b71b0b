// The subjects of the bus. Commands go to the owner of a lot's shard, or to any chat store; events go to
// whoever listens to the lot, the conversation or the user.

/** Lots are spread over this many shards; a shard has one owner at a time. Fixed for the life of a database. */
export const shardCount = 256

/** The shard of an id: FNV-1a over its text, so every process in every language finds the same one. */
export function shardOf(id: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < id.length; at += 1) {
    hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193)
  }
  return (hash >>> 0) % shardCount
}

/** Request/reply: `EngineCommand` → `EngineReply`, served by the shard's owner alone. */
export const lotCommandsSubject = (shard: number): string => `cmd.lot.${shard}`
/** Publish: `LotEvents`, by the shard's owner after the commit. */
export const lotEventsSubject = (lotId: string): string => `evt.lot.${lotId}`
/** What every user is told: every `userEventsSubject` there is. */
export const allUserEventsSubject = 'evt.user.*'
/** Publish: `UserEvents`, by the notifier after the commit. */
export const userEventsSubject = (userId: string): string => `evt.user.${subjectToken(userId)}`
/** Request/reply: `ConversationCommand` → `ChatOutcome`, served by any chat store (queue `chatQueue`). */
export const chatCommandsSubject = 'cmd.chat'
/** Request/reply: `HouseCommand` → `HouseOutcome`, served by any chat store (queue `chatQueue`). */
export const houseCommandsSubject = 'cmd.house'
export const chatQueue = 'chat'
/** Request/reply: `WebhookCommand` → `WebhookOutcome`, served by any notifier (queue `webhookQueue`). */
export const webhookCommandsSubject = 'cmd.webhooks'
export const webhookQueue = 'webhooks'
/** Publish: `ChatEvents`, by the chat store after the commit; what is volatile, by gateways. */
export const chatEventsSubject = (conversationId: string): string => `evt.chat.${conversationId}`
/** Request/reply: `FeedRequest` → `FeedOutcome`, served by any notifier (queue `feedQueue`). */
export const feedCommandsSubject = 'cmd.feed'
export const feedQueue = 'feed'
/** Request/reply: `DeviceMarks` → nothing (queue `feedQueue`); losing one costs a push too many. */
export const deviceMarksSubject = 'cmd.device'
/** Publish: `BlockChange`, by the chat store after the commit. */
export const blockChangesSubject = 'ctl.block'
/** Publish: a hint without contents that the moderation rules have changed. */
export const rulesHintSubject = 'hint.rules'
/** Publish: `OutboxHint`, that the outbox has new rows; losing it costs latency only. */
export const outboxHintSubject = 'hint.outbox'
/** Publish: a hint without contents that shards of lots are free to take; losing it costs a moment. */
export const freeShardsHintSubject = 'hint.shards.free'
/** Publish: `ServedShards`, by their new owner to whoever gave them up; losing it costs a second. */
export const servedShardsHintSubject = 'hint.shards.served'
/** Publish: `Revocation`, to every gateway. */
export const revocationsSubject = 'ctl.revoke'

/** User ids may hold dots and wildcards, which mean something in a subject: those are escaped. */
function subjectToken(text: string): string {
  return text.replace(
    /[^A-Za-z0-9_-]/gu,
    (character) => `=${(character.codePointAt(0) ?? 0).toString(16)}=`,
  )
}
