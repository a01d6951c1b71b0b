// MessagePack: a binary frame is one array of the objects that JSON would carry.
import { checkCommands } from './check-command.ts'
import { type Codec, FrameError, frameBytesMax } from './codec.ts'
import { joinPacked, packValue, unpackFrame } from './msgpack-frame.ts'

export const msgpackCodec: Codec = {
  name: 'msgpack',
  subprotocol: 'outcry-msgpack',
  binary: true,
  decode(frame) {
    if (frame.length > frameBytesMax) throw new FrameError('the frame is too large')
    const values = unpackFrame(frame)
    if (values.length === 0) throw new FrameError('the frame is empty')
    return checkCommands(values)
  },
  encode: packValue,
  frame: (messages) => joinPacked(messages as readonly Uint8Array[]),
}
