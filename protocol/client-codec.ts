// The client's side of the encodings: for the load tester, the tests, and the console.
import type { z } from 'zod'
import { type Codec, type Encoded, FrameError } from './codec.ts'
import { jsonCodec } from './codec-json.ts'
import { msgpackCodec } from './codec-msgpack.ts'
import type { COMMAND_PARAMS, CommandName, ServerMessage } from './frames.ts'
import { parseFrame } from './json-frame.ts'
import { joinPacked, packValue, unpackFrame } from './msgpack-frame.ts'

/** A command as a client writes it: `{ id: 3, rpc: { method: 'time.sync' } }`. */
export type WireCommand =
  | {
      [N in CommandName]: { readonly id: number } & {
        readonly [K in N]: z.input<(typeof COMMAND_PARAMS)[N]>
      }
    }[CommandName]
  /** The answer to a ping. */
  | Record<string, never>

export interface ClientCodec extends Pick<Codec, 'name' | 'subprotocol' | 'binary'> {
  /** One frame with all of `commands`. */
  encodeCommands(commands: readonly WireCommand[]): Encoded
  /**
   * The messages of a server's frame, in order; their fields are taken on trust.
   * @throws FrameError where the frame does not parse.
   */
  decodeServer(frame: Encoded): ServerMessage[]
}

const { name: json, subprotocol: jsonSubprotocol } = jsonCodec
const { name: msgpack, subprotocol: msgpackSubprotocol } = msgpackCodec

export const jsonClientCodec: ClientCodec = {
  name: json,
  subprotocol: jsonSubprotocol,
  binary: false,
  encodeCommands: (commands) => commands.map((command) => JSON.stringify(command)).join('\n'),
  decodeServer: (frame) => parseFrame(frame).map(asMessage),
}

export const msgpackClientCodec: ClientCodec = {
  name: msgpack,
  subprotocol: msgpackSubprotocol,
  binary: true,
  encodeCommands: (commands) => joinPacked(commands.map(packValue)),
  decodeServer(frame) {
    if (typeof frame === 'string') throw new FrameError('a MessagePack frame is binary')
    return unpackFrame(frame).map(asMessage)
  },
}

function asMessage(value: unknown): ServerMessage {
  if (typeof value !== 'object' || value === null) throw new FrameError('a message is an object')
  return value as ServerMessage
}
