// What a push says, before it is said in anybody's language.
import type { LotResult } from '../../../protocol/auction.ts'
import type { Currency } from '../../../protocol/currencies.ts'
import type { Notification } from '../../../protocol/notifications.ts'

/** Every sentence, and what is put into it. Each language has all of them. */
export const SENTENCES = {
  'outbid.title': [],
  'outbid.body': ['title', 'minNext'],
  'lot_won.title': [],
  'lot_won.body': ['title', 'price'],
  'lot_lost.title': [],
  'lot_lost.sold': ['title', 'price'],
  'lot_lost.unsold': ['title'],
  'lot_lost.cancelled': ['title'],
  'lot_ending.title': [],
  'lot_ending.body': ['title', 'price'],
  'message.title': [],
  'message.hidden': [],
  'message.image': [],
  'message.file': [],
  'offer.open': [],
  'offer.countered': [],
  'offer.accepted': [],
  'offer.declined': [],
  'offer.withdrawn': [],
  'offer.expired': [],
  'offer.body': ['amount'],
  'order_created.title': [],
  'order_created.body': ['title', 'amount'],
  'digest.title': ['count'],
  'digest.messages': ['messages'],
  'digest.others': ['others'],
  'digest.both': ['messages', 'others'],
} as const satisfies Record<string, readonly string[]>
export type SentenceKey = keyof typeof SENTENCES

/** Whole minor units. */
export interface Money {
  readonly amount: number
  readonly currency: Currency
}

/** A sentence with what is put into it; or words that are somebody's own, in whatever language. */
export type Saying =
  | { readonly key: SentenceKey; readonly args: Readonly<Record<string, string | number | Money>> }
  | { readonly quoted: string }

export interface Sayings {
  readonly title: Saying
  readonly body: Saying
}

/** Nothing is in it that the notification does not say. `previews`: whether messages may be quoted. */
export function sayingsOf(notification: Notification, previews: boolean): Sayings {
  const { type, title = '' } = notification
  switch (type) {
    case 'message':
      return { title: say('message.title'), body: messageBody(notification, previews) }
    case 'offer':
      return {
        title: say(`offer.${notification.state ?? 'open'}`),
        body: say('offer.body', { amount: money(notification, notification.amount) }),
      }
    case 'order_created':
      return {
        title: say('order_created.title'),
        body: say('order_created.body', {
          title,
          amount: money(notification, notification.amount),
        }),
      }
    case 'lot_lost':
      return { title: say('lot_lost.title'), body: lostBody(notification) }
    case 'outbid':
      return {
        title: say('outbid.title'),
        body: say('outbid.body', { title, minNext: money(notification, notification.minNext) }),
      }
    case 'lot_won':
    case 'lot_ending':
      return {
        title: say(`${type}.title`),
        body: say(`${type}.body`, { title, price: money(notification, notification.price) }),
      }
  }
}

/** The words of a digest of so many messages and so many others; at least one of them. */
export function digestSayings({ messages, others }: { messages: number; others: number }): Sayings {
  const which = others === 0 ? 'messages' : messages === 0 ? 'others' : 'both'
  return {
    title: say('digest.title', { count: messages + others }),
    body: say(`digest.${which}`, { messages, others }),
  }
}

function messageBody({ kind, text }: Notification, previews: boolean): Saying {
  if (!previews) return say('message.hidden')
  if (text !== undefined) return { quoted: text }
  return kind === 'image' || kind === 'file' ? say(`message.${kind}`) : say('message.hidden')
}

const lostKeys = {
  sold: 'lot_lost.sold',
  unsold: 'lot_lost.unsold',
  withdrawn: 'lot_lost.cancelled',
  cancelled: 'lot_lost.cancelled',
} as const satisfies Record<LotResult['outcome'], SentenceKey>

function lostBody(notification: Notification): Saying {
  const { outcome = 'unsold', title = '', price } = notification
  const worth = outcome === 'sold' ? { price: money(notification, price) } : {}
  return say(lostKeys[outcome], { title, ...worth })
}

function say(key: SentenceKey, args: Record<string, string | number | Money> = {}): Saying {
  return { key, args }
}

/** Everything that is told of a lot or an offer says what it is worth. */
function money({ currency }: Notification, amount: number | undefined): string | Money {
  if (amount === undefined || currency === undefined) return ''
  return { amount, currency: currency as Currency }
}
