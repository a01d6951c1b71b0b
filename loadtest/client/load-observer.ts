// What the devices of a load test tell, all of them to one.
import type { ErrorObject } from '../../protocol/errors.ts'
import type { ConnectResult, Publication, SubscribeResult } from '../../protocol/frames.ts'

/** Which one tells. */
export interface Device {
  /** Its number in the run. */
  readonly nth: number
}

/** What devices tell. Times are those of `performance.now()`. */
export interface LoadObserver {
  /** The server said hello; `sinceMs` is when the attempt began. */
  connected(client: Device, hello: ConnectResult, sinceMs: number): void
  /** A connection ended, or did not come about. */
  disconnected(client: Device, end: Ending): void
  /** It has all its streams again, so many ms after it lost its connection. */
  returned(client: Device, ms: number): void
  /** It has the stream: with a snapshot, with the publications that it missed, or with both. */
  subscribed(client: Device, channel: string, result: SubscribeResult): void
  /** It missed more than a reply holds, and reads it page by page: all of it comes by `published`, in its place. */
  readsBack(client: Device, channel: string): void
  /** The server let it have the stream no longer, or not at all. */
  refused(client: Device, channel: string, error: ErrorObject): void
  /** Something new. What it missed is in `subscribed`. */
  published(client: Device, channel: string, publication: Publication): void
}

export interface Ending {
  /** 1006 where the connection broke without a word. */
  readonly code: number
  readonly reason: string
  /** Whether the server had said hello on it. */
  readonly wasConnected: boolean
  /** It will not come back: the server wants nobody to, or the device has left. */
  readonly isFinal: boolean
}
