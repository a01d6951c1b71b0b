// Bodies as a client would send them, shown beside the operations they belong to.
import type { MethodName } from '../../../protocol/methods.ts'

const hammerMs = Date.UTC(2030, 0, 1, 20)

export const EXAMPLES: Partial<Record<MethodName, Readonly<Record<string, unknown>>>> = {
  'lot.create': {
    title: 'Palm Pilot, in its box',
    currency: 'USD',
    format: 'english',
    startPrice: 1_000,
    reservePrice: 5_000,
    startsAt: hammerMs - 7 * 24 * 3_600_000,
    endsAt: hammerMs,
    softClose: { mode: 'reset', windowMs: 120_000, extendMs: 120_000 },
  },
  'bid.place': {
    clientBidId: '0190a1b2-1111-7222-8333-123456789abc',
    kind: 'proxy',
    amount: 5_500,
    currency: 'USD',
  },
  'chat.open': { listingId: 'listing-81', peerId: 'seller-7' },
  'chat.send': {
    clientMessageId: '0190a1b2-2222-7222-8333-123456789abc',
    kind: 'text',
    text: 'Does it come with the cradle?',
  },
  'chat.offer': {
    action: 'make',
    clientMessageId: '0190a1b2-3333-7222-8333-123456789abc',
    amount: 4_500,
    currency: 'USD',
    expiresAt: hammerMs,
  },
  'chat.read': { upToSeq: 12 },
  'chat.react': { emoji: ['👍'] },
  'attachment.create': {
    conversationId: '0190a1b2-4444-7222-8333-123456789abc',
    fileName: 'cradle.jpg',
    contentType: 'image/jpeg',
    bytes: 81_920,
  },
  'device.register': {
    platform: 'android',
    token: 'c7sQy2hVTyK:APA91bEx4mPle',
    locale: 'pt-BR',
    timeZone: 'America/Sao_Paulo',
    quietHours: { from: '22:00', to: '07:30' },
  },
  'notification.read': { seq: 12 },
  'notification.prefer': { types: { outbid: 'push', lot_ending: 'feed' }, previews: false },
  'webhook.create': {
    url: 'https://shop.example/outcry',
    types: ['lot.sold', 'offer.accepted', 'order.created'],
  },
  'webhook.replay': { deadSince: hammerMs },
  'moderation.setRules': {
    rules: [
      {
        kind: 'email_addresses',
        ruleId: 'no-addresses',
        verdict: 'hold',
        says: 'Please keep to the chat: payments outside are not protected.',
      },
    ],
  },
}
