// One interface over the encodings of the client protocol, so that a session, the fan-out and the
// load tester never know which one a socket speaks.
import type { ClientMessage, ServerMessage } from './frames.ts'

/** The bytes of one message, or the text of it: what `send` takes without another copy. */
export type Encoded = string | Uint8Array

/** The frame is not of the protocol: the connection that sent it is closed with 3501. */
export class FrameError extends Error {
  override readonly name = 'FrameError'
}

/** A frame holds at most this many bytes (checked by the edge before it decodes). */
export const frameBytesMax = 64 * 1024
/** A frame holds at most this many commands, its subscriptions not counted. */
export const commandsPerFrameMax = 16
/**
 * And this many subscriptions: the public SDKs put all they want to have again behind `connect`, in
 * one frame, and take the close code of a refused frame for a reason never to come back.
 */
export const subscribesPerFrameMax = 128
/** Arrays and maps within each other, the frame's own array included; no message of ours has ten. */
export const depthMax = 32

export interface Codec {
  readonly name: 'json' | 'msgpack'
  /** The `Sec-WebSocket-Protocol` it is asked for by. */
  readonly subprotocol: string
  /** Whether its frames travel as binary WebSocket messages. */
  readonly binary: boolean
  /**
   * The messages of a client's frame, in order. A well-formed object whose fields do not fit comes
   * out as `invalid` with its id, so that the others of the frame are not lost.
   * @throws FrameError for anything else, and never anything but FrameError.
   */
  decode(frame: Uint8Array): ClientMessage[]
  /** One message; several encoded messages become a frame by `frame`. */
  encode(message: ServerMessage): Encoded
  /** Joins messages that were each encoded by `encode` into one frame, without encoding them again. */
  frame(messages: readonly Encoded[]): Encoded
}
