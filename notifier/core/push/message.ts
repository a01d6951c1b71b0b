// A push, in the words of this house.

/** One push to one device, as Firebase Cloud Messaging takes it, in the words of this house. */
export interface FcmMessage {
  /** What the app is told whether it shows anything or not. All are texts. */
  readonly data: Readonly<Record<string, string>>
  /** What is shown; absent: nothing, the app is only told. */
  readonly notification?: { readonly title: string; readonly body: string }
  readonly android: {
    readonly priority: 'high' | 'normal'
    /** For how long it is worth delivering, in ms. */
    readonly ttlMs: number
    /** Of those with the same key that wait for an offline device only the last arrives. */
    readonly collapseKey?: string
    /** What is shown with the same tag is replaced. */
    readonly tag?: string
    /** The number on the app's icon. */
    readonly notificationCount?: number
  }
  readonly apns: {
    readonly pushType: 'alert' | 'background'
    readonly priority: 10 | 5
    /** Epoch seconds after which it is not worth delivering. */
    readonly expirationS: number
    /** At most 64 bytes. */
    readonly collapseId?: string
    /** Groups what is shown. */
    readonly threadId?: string
    readonly badge?: number
    /** Wakes the app without showing anything. */
    readonly isContentAvailable?: boolean
  }
  readonly webpush: {
    readonly ttlS: number
    readonly urgency: 'high' | 'normal' | 'low'
    /** What waits or is shown under the same topic is replaced; at most 32 characters of base64url. */
    readonly topic?: string
    readonly tag?: string
  }
}
