// What a phone with the app on it would show of the messages that FCM took for it: which of them replace
// each other, which the app has had already, and what a silent one takes away again.
import type { FcmWireMessage } from './fcm-wire.ts'

export interface FcmDelivery {
  readonly atMs: number
  readonly messageId: string
  readonly message: FcmWireMessage
}

/** One entry of the list that a person pulls down. */
export interface FcmShown {
  readonly atMs: number
  readonly key?: string
  /** A later one with the same tag takes its place. */
  readonly tag?: string
  readonly title?: string
  readonly body?: string
}

export interface FcmPhoneView {
  readonly token: string
  /** Oldest first. */
  readonly shown: readonly FcmShown[]
  /** The number on the app’s icon, once it was told one. */
  readonly badge?: number
  /** How many arrived. */
  readonly arrived: number
  /** How many of them the app had already had, by `data.key`, and left alone. */
  readonly doubles: number
  /** The last that arrived, oldest first; doubles too. */
  readonly deliveries: readonly FcmDelivery[]
  /** Whether so many waited for it that FCM dropped them all. */
  readonly lostMessages: boolean
}

/** FCM keeps so many for a device that is away, and beyond them none at all. */
const waitingMax = 100
/** Under more keys than these it is not said which are kept; here, the latest. */
const collapseKeysMax = 4

export class FcmPhone {
  readonly #token: string
  readonly #keptMax: number
  readonly #keys = new Set<string>()
  #shown: FcmShown[] = []
  #badge: number | undefined
  #arrived = 0
  #doubles = 0
  #deliveries: FcmDelivery[] = []
  /** What FCM keeps while the phone is away; undefined while it is there. */
  #waiting: FcmDelivery[] | undefined
  #lostMessages = false

  /** Of what arrived and of what it shows the last `keptMax` are kept. */
  constructor(token: string, keptMax: number) {
    this.#token = token
    this.#keptMax = keptMax
  }

  /** FCM took this for the phone. */
  take(delivery: FcmDelivery): void {
    if (this.#waiting === undefined) this.#arrive(delivery)
    else this.#waiting = this.#stored(this.#waiting, delivery)
  }

  goAway(): void {
    this.#waiting ??= []
  }

  /** It is there again: what waited arrives, as far as it is still of worth. */
  comeBack(nowMs: number): void {
    const waiting = this.#waiting ?? []
    this.#waiting = undefined
    for (const delivery of waiting) {
      if (nowMs <= delivery.atMs + ttlMsOf(delivery.message)) this.#arrive(delivery)
    }
  }

  view(): FcmPhoneView {
    return {
      token: this.#token,
      shown: [...this.#shown],
      ...(this.#badge === undefined ? {} : { badge: this.#badge }),
      arrived: this.#arrived,
      doubles: this.#doubles,
      deliveries: [...this.#deliveries],
      lostMessages: this.#lostMessages,
    }
  }

  #arrive(delivery: FcmDelivery): void {
    const { message, atMs } = delivery
    this.#arrived += 1
    this.#deliveries = [...this.#deliveries, delivery].slice(-this.#keptMax)
    const key = message.data?.['key']
    if (key !== undefined && this.#keys.has(key)) {
      this.#doubles += 1
      return
    }
    if (key !== undefined) this.#remember(key)
    this.#badge = badgeOf(message) ?? this.#badge
    const cleared = new Set(clearedBy(message))
    this.#shown = this.#shown.filter(({ tag }) => tag === undefined || !cleared.has(tag))
    const alert = alertOf(message)
    if (alert === undefined) return
    const tag = tagOf(message)
    const entry = { atMs, ...alert, ...(key === undefined ? {} : { key }) }
    const others = this.#shown.filter((shown) => tag === undefined || shown.tag !== tag)
    const shown = [...others, tag === undefined ? entry : { ...entry, tag }]
    this.#shown = shown.slice(-this.#keptMax)
  }

  #remember(key: string): void {
    this.#keys.add(key)
    const [oldest] = this.#keys
    if (this.#keys.size > this.#keptMax && oldest !== undefined) this.#keys.delete(oldest)
  }

  #stored(waiting: readonly FcmDelivery[], delivery: FcmDelivery): FcmDelivery[] {
    const key = collapseKeyOf(delivery)
    const others = waiting.filter((other) => key === undefined || collapseKeyOf(other) !== key)
    const stored = [...others, delivery]
    const keys = new Set(stored.map(collapseKeyOf))
    if (key !== undefined) {
      keys.delete(undefined)
      const [oldest] = keys
      if (keys.size <= collapseKeysMax) return stored
      return stored.filter((other) => collapseKeyOf(other) !== oldest)
    }
    if (stored.filter((other) => collapseKeyOf(other) === undefined).length <= waitingMax) {
      return stored
    }
    this.#lostMessages = true
    return []
  }
}

function collapseKeyOf({ message }: FcmDelivery): string | undefined {
  return message.android?.collapse_key
}

function ttlMsOf({ android }: FcmWireMessage): number {
  return android?.ttl === undefined
    ? Number.POSITIVE_INFINITY
    : Number.parseFloat(android.ttl) * 1_000
}

/** Undefined for a silent message. */
function alertOf(message: FcmWireMessage): { title?: string; body?: string } | undefined {
  const alert = message.apns?.payload?.aps?.alert
  const shown =
    message.notification ??
    message.android?.notification ??
    message.webpush?.notification ??
    (typeof alert === 'string' ? { body: alert } : alert)
  if (shown?.title === undefined && shown?.body === undefined) return undefined
  const { title, body } = shown
  return { ...(title === undefined ? {} : { title }), ...(body === undefined ? {} : { body }) }
}

function tagOf({ android, apns, webpush }: FcmWireMessage): string | undefined {
  return (
    android?.notification?.tag ?? apns?.headers?.['apns-collapse-id'] ?? webpush?.notification?.tag
  )
}

function badgeOf({ android, apns, data }: FcmWireMessage): number | undefined {
  const told = data?.['unread']
  return (
    apns?.payload?.aps?.badge ??
    android?.notification?.notification_count ??
    (told === undefined ? undefined : Number(told))
  )
}

/** The tags that the app is told to take away, divided by spaces. */
function clearedBy({ data }: FcmWireMessage): readonly string[] {
  return data?.['clears']?.split(' ') ?? []
}
