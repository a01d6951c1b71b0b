// What carries pushes to devices.

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

/** Whereto: the address that the app was given for the device. */
export interface DeviceAddress {
  readonly kind: 'token' | 'fid'
  readonly token: string
}

export type PushResult =
  | { readonly type: 'accepted'; readonly messageId: string }
  /** There is no such device any more. */
  | { readonly type: 'unregistered' }
  /** This was never a token. */
  | { readonly type: 'bad_token' }
  /** The message is not as it must be: a fault of this house, and the token has no part in it. */
  | { readonly type: 'our_fault'; readonly detail: string }
  /** The token is of another Firebase project. */
  | { readonly type: 'wrong_project' }
  /** The project sends too much. */
  | { readonly type: 'throttled'; readonly retryAfterMs: number }
  /** This one device is sent too much. */
  | { readonly type: 'device_throttled' }
  | { readonly type: 'unavailable'; readonly retryAfterMs?: number }
  /** Apple refuses the project's key. */
  | { readonly type: 'apns_key'; readonly detail: string }
  | { readonly type: 'too_large' }
  /** No service is configured: nothing is sent anywhere. */
  | { readonly type: 'undeliverable' }

export interface PushService {
  /** Never throws. Safe to call again: what the device shows twice has one `data.key`. */
  send(push: FcmMessage, to: DeviceAddress): Promise<PushResult>
}
