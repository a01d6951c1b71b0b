// A stream that a device follows, by its own wish or by the server's, and where it stands in it.
import type { Publication, SubscribeResult } from '../../protocol/frames.ts'

export interface Followed {
  readonly channel: string
  readonly isServerSide: boolean
  /** Where it stands, once it has stood anywhere. */
  position: { readonly offset: number; readonly epoch: string } | undefined
  /** How often in a row it was put off. */
  refusals: number
  /** What is new, while it still reads what it missed; undefined while it misses nothing. */
  held: Publication[] | undefined
}

export function follow(channel: string, isServerSide: boolean): Followed {
  return { channel, isServerSide, position: undefined, refusals: 0, held: undefined }
}

/** False where it has come so far already. What is of the moment is always new. */
export function isNewTo({ position }: Followed, { offset }: Publication): boolean {
  return offset === undefined || offset > (position?.offset ?? 0)
}

export function moveOn(followed: Followed, { offset }: Publication): void {
  if (offset === undefined || followed.position === undefined) return
  followed.position = { offset, epoch: followed.position.epoch }
}

/**
 * Whether more was missed than a reply holds, of a stream in which nothing may be skipped: its history has it,
 * page by page. Of lots the newest state stands for all.
 */
export function hasToReadBack(
  { channel, position }: Followed,
  { was_recovering, recovered, offset = 0, epoch }: SubscribeResult,
): boolean {
  if (was_recovering !== true || recovered === true || position === undefined) return false
  if (channel.startsWith('lot:')) return false
  return epoch === position.epoch && offset > position.offset
}
