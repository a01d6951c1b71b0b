// What is known of pushes, and what became of them.
import type { BadgeFacts } from '../core/push/badge.ts'
import type { DigestFacts } from '../core/push/digest.ts'
import type { PushFacts } from '../core/push/facts.ts'
import type { DeviceAddress } from './push-service.ts'

export interface DeviceRef {
  readonly userId: string
  readonly deviceId: string
}

/** A notification, for one device. */
export interface PushRef extends DeviceRef {
  readonly seq: number
}

/** Whereto it would go; absent where there is no such device any more. */
interface Addressed {
  readonly address?: DeviceAddress
}

/** How a push came to an end: the service took it, or there is none. */
export type PushState = 'accepted' | 'undeliverable'

/** Each may be done twice, and by several notifiers at once. @throws the database's error. */
export interface PushBook {
  factsOf(push: PushRef, nowMs: number): Promise<PushFacts & Addressed>
  /** Notes the end of a push; `tag` is under which the device shows it. What is noted stays. */
  note(push: PushRef, state: PushState, tag: string, nowMs: number): Promise<void>
  /** Has it wait for the device's next digest, which is made for it at `dueAtMs` where none waits. */
  waitForDigest(push: PushRef, nowMs: number, dueAtMs: number): Promise<void>

  digestOf(device: DeviceRef): Promise<DigestFacts & Addressed>
  /** These wait no longer: they have been told under `tag`, or are told no more where there is none. */
  endDigest(device: DeviceRef, seqs: readonly number[], tag?: string): Promise<void>

  badgeOf(device: DeviceRef): Promise<BadgeFacts & Addressed>
  /** The device shows these no longer, or is to. */
  noteCleared(device: DeviceRef, seqs: readonly number[]): Promise<void>

  /** Removes a device whose token is worth nothing, unless it has another by now. */
  forgetDevice(device: DeviceRef, token: string): Promise<void>
  /** Deletes what was noted before `beforeMs`, at most `limit`. Returns how many went. */
  forget(beforeMs: number, limit: number): Promise<number>
}
