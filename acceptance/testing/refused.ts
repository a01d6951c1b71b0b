// Everything that chat refuses, and how to bring it about.
import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import type { ChatOutcome, ChatRefusalFields, ConversationView } from '../../protocol/chat.ts'
import type { ChatRefusalCode } from '../../protocol/refusals.ts'
import { accepted, offerOf50, someone, type Talker } from './chat.ts'
import { query } from './database.ts'
import { openLot, type TestServer } from './server.ts'

/** Ann and sam, whom no other test knows, in a conversation of theirs. */
export interface Scene {
  readonly server: TestServer
  readonly ann: Talker
  readonly sam: Talker
  readonly conversationId: string
  readonly send: (message: object) => Promise<ChatOutcome>
  readonly offer: (who: Talker, action: string, more: object) => Promise<ChatOutcome>
}

export async function setScene(
  server: TestServer,
  arrive: (user: string) => Promise<Talker>,
): Promise<Scene> {
  const [ann, sam] = [await arrive(someone('ann')), await arrive(someone('sam'))]
  const { conversationId } = await ann.open(sam.user)
  return {
    server,
    ann,
    sam,
    conversationId,
    send: (message) =>
      ann.rpc('chat.send', { conversationId, clientMessageId: randomUUID(), ...message }),
    offer: (who, action, more) =>
      who.rpc('chat.offer', { conversationId, clientMessageId: randomUUID(), action, ...more }),
  }
}

/** Lets a message be so old. */
async function age({ server }: Scene, messageId: string | undefined, ms: number): Promise<void> {
  await query(
    server.databaseUrl,
    `UPDATE messages SET at_ms = at_ms - $2,
            view = jsonb_set(view, '{at}', to_jsonb((view ->> 'at')::bigint - $2))
      WHERE message_id = $1`,
    [messageId, ms],
  )
}

/** A moderator keeps ann from speaking for a minute, everywhere or where `body` says. */
async function muteAnn({ server, ann }: Scene, body: object = {}): Promise<void> {
  const until = Date.now() + 60_000
  const moderator = await server.as('mo', 'moderator')
  await moderator.call('POST', '/v1/moderation/silences', { userId: ann.user, until, ...body })
}

/** `/v1/attachments` in the name of the talker. */
const declare = ({ ann, conversationId }: Scene, file: object): Promise<ChatOutcome> =>
  ann.rpc('attachment.create', { conversationId, fileName: 'lamp.png', ...file })

export interface Refused {
  readonly code: ChatRefusalCode
  readonly what: string
  readonly ask: (scene: Scene) => Promise<ChatOutcome>
  /** What the refusal says besides its code. */
  readonly fields: ChatRefusalFields
}

function refused(
  code: ChatRefusalCode,
  what: string,
  ask: Refused['ask'],
  fields: ChatRefusalFields = {},
): Refused {
  return { code, what, ask, fields }
}

export const REFUSED: readonly Refused[] = [
  refused('text_empty', 'no text', ({ send }) => send({ text: '' })),
  refused('text_empty', 'white space alone', ({ send }) => send({ text: ' \n ' })),
  refused('text_empty', 'a text left out', ({ send }) => send({})),
  refused('text_too_long', '4,001 characters', ({ send }) => send({ text: 'x'.repeat(4_001) }), {
    max: 4_000,
  }),
  refused('text_too_long', '4,001 emoji', ({ send }) => send({ text: '🪔'.repeat(4_001) }), {
    max: 4_000,
  }),
  refused('text_too_long', 'far too much', ({ send }) => send({ text: 'x'.repeat(40_000) }), {
    max: 4_000,
  }),
  refused('text_invalid', 'half of a surrogate pair', ({ send }) => send({ text: 'a\ud83e' })),
  refused('text_invalid', 'the other half', ({ send }) => send({ text: '\udfff' })),
  refused('text_invalid', 'NUL', ({ send }) => send({ text: 'a\0b' })),
  refused('text_invalid', 'a tabulator', ({ send }) => send({ text: 'a\tb' })),
  refused('text_invalid', 'a control character of the upper half', ({ send }) =>
    send({ text: 'a\u0085b' }),
  ),
  refused('text_invalid', 'an escape sequence', ({ send }) => send({ text: '\u001b[2J' })),
  refused('not_member', 'a conversation that is nowhere', ({ send }) =>
    send({ conversationId: randomUUID(), text: 'a' }),
  ),
  refused('reply_target_missing', 'a reply to nothing', ({ send }) =>
    send({ text: 'a', replyTo: randomUUID() }),
  ),
  refused(
    'reply_target_missing',
    'a reply to a deleted message',
    async ({ ann, conversationId, send }) => {
      const { messageId } = accepted(await send({ text: 'gone' }))
      await ann.rpc('chat.delete', { conversationId, messageId, forAll: true })
      return send({ text: 'a', replyTo: messageId })
    },
  ),
  refused('attachment_not_ready', 'an upload that is nowhere', ({ send }) =>
    send({ kind: 'image', attachmentId: randomUUID() }),
  ),
  refused('attachment_not_ready', 'an upload whose bytes did not come', async (of) => {
    const upload = await declare(of, { contentType: 'image/png', bytes: 100 })
    return of.send({
      kind: 'image',
      attachmentId: (upload as { attachmentId?: string }).attachmentId,
    })
  }),
  refused('attachment_type', 'a program', (of) =>
    declare(of, { contentType: 'application/x-msdownload', bytes: 100 }),
  ),
  refused(
    'attachment_too_large',
    'a film',
    (of) => declare(of, { contentType: 'image/png', bytes: 5_000_000_000 }),
    { max: expect.any(Number) as number },
  ),
  refused('message_missing', 'an edit of nothing', ({ ann, conversationId }) =>
    ann.rpc('chat.edit', { conversationId, messageId: randomUUID(), text: 'a' }),
  ),
  refused('edit_window_over', 'an edit after a quarter of an hour', async (scene) => {
    const { ann, conversationId, send } = scene
    const { messageId } = accepted(await send({ text: 'old' }))
    await age(scene, messageId, 15 * 60_000)
    return ann.rpc('chat.edit', { conversationId, messageId, text: 'new' })
  }),
  refused('edit_window_over', 'a deletion for all after an hour', async (scene) => {
    const { ann, conversationId, send } = scene
    const { messageId } = accepted(await send({ text: 'old' }))
    await age(scene, messageId, 60 * 60_000)
    return ann.rpc('chat.delete', { conversationId, messageId, forAll: true })
  }),
  refused(
    'mark_beyond_end',
    'a mark beyond the end',
    async ({ sam, conversationId, send }) => {
      await send({ text: 'a' })
      return sam.rpc('chat.read', { conversationId, upToSeq: 2 })
    },
    { max: 1 },
  ),
  refused(
    'offer_state',
    'a second offer while one is open',
    async ({ ann, sam, offer }) => {
      await offer(ann, 'make', offerOf50())
      return offer(sam, 'make', offerOf50())
    },
    { state: 'open' },
  ),
  refused(
    'offer_state',
    'an offer that was withdrawn is accepted',
    async ({ ann, sam, offer }) => {
      const { messageId: offerId } = accepted(await offer(ann, 'make', offerOf50()))
      await offer(ann, 'withdraw', { offerId })
      return offer(sam, 'accept', { offerId })
    },
    { state: 'withdrawn' },
  ),
  refused(
    'offer_state',
    'an offer that is nowhere',
    ({ ann, offer }) => offer(ann, 'accept', { offerId: randomUUID() }),
    { state: 'none' },
  ),
  refused('amount_invalid', 'an offer of nothing', ({ ann, offer }) =>
    offer(ann, 'make', { ...offerOf50(), amount: 0 }),
  ),
  refused('amount_invalid', 'an offer of half a cent', ({ ann, offer }) =>
    offer(ann, 'make', { ...offerOf50(), amount: 0.5 }),
  ),
  refused('offer_expiry_invalid', 'an offer that is over', ({ ann, offer }) =>
    offer(ann, 'make', { ...offerOf50(), expiresAt: 1 }),
  ),
  refused('idempotency_mismatch', 'an id that was used for something else', async ({ send }) => {
    const clientMessageId = randomUUID()
    await send({ clientMessageId, text: 'one' })
    return send({ clientMessageId, text: 'other' })
  }),
  refused('blocked', 'words to somebody who does not want them', async ({ ann, sam, send }) => {
    await sam.rpc('chat.block', { userId: ann.user })
    return send({ text: 'a' })
  }),
  refused('blocked', 'words to somebody whom one has blocked', async ({ ann, sam, send }) => {
    await ann.rpc('chat.block', { userId: sam.user })
    return send({ text: 'a' })
  }),
  refused(
    'muted_by_moderator',
    'words of somebody who is muted everywhere',
    async (scene) => {
      await muteAnn(scene)
      return scene.send({ text: 'a' })
    },
    { until: expect.any(Number) as number },
  ),
  refused(
    'muted_by_moderator',
    'words of somebody who is muted here',
    async (scene) => {
      await muteAnn(scene, { conversationId: scene.conversationId })
      return scene.send({ text: 'a' })
    },
    { until: expect.any(Number) as number },
  ),
  refused(
    'slow_mode',
    'a second message in a slow room',
    async ({ server, ann, send }) => {
      const { lotId } = await openLot(server)
      const room = await ann.rpc<ConversationView>('chat.open', { kind: 'room', lotId })
      const { conversationId } = room
      const seller = await server.as('sam', 'seller')
      const path = `/v1/conversations/${conversationId}/slow-mode`
      await seller.call('PUT', path, { slowModeMs: 300_000 })
      accepted(await send({ conversationId, text: 'first' }))
      return send({ conversationId, text: 'second' })
    },
    { retryAfterMs: expect.any(Number) as number },
  ),
  refused(
    'rate_limited',
    'more than anybody types',
    async ({ send }) => {
      const outcomes = await Promise.all(
        Array.from({ length: 60 }, (_, nth) => send({ text: `word ${nth}` })),
      )
      const refusal = outcomes.find(({ outcome }) => outcome === 'refused')
      return refusal ?? Promise.reject(new Error('all sixty were taken'))
    },
    { retryAfterMs: expect.any(Number) as number },
  ),
]
