// JSON: text frames of one or more objects divided by a line feed.
import { checkCommands } from './check-command.ts'
import { type Codec, FrameError } from './codec.ts'
import { parseFrame } from './json-frame.ts'

export const jsonCodec: Codec = {
  name: 'json',
  subprotocol: 'centrifuge-json',
  binary: false,
  decode(frame) {
    const values = parseFrame(frame)
    if (values.length === 0) throw new FrameError('the frame is empty')
    return checkCommands(values)
  },
  encode: (message) => JSON.stringify(message),
  frame: (messages) => messages.join('\n'),
}
