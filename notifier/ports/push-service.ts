// What carries pushes to devices.
import type { FcmMessage } from '../core/push/message.ts'

export type { FcmMessage }

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
