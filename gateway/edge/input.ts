// What a client's bytes are to its session.
import { type Codec, FrameError } from '../../protocol/codec.ts'
import type { SessionInput } from '../session/session.ts'

/** Reads all of `message`, whose bytes are valid within the callback that brought them only. @throws no `FrameError` */
export function inputOf(codec: Codec, message: ArrayBuffer): SessionInput {
  try {
    const messages = codec.decode(new Uint8Array(message))
    return { type: 'frame', messages, bytes: message.byteLength }
  } catch (error) {
    if (error instanceof FrameError) return { type: 'malformed' }
    throw error
  }
}
