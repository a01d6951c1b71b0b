// JSON: text frames of one or more objects divided by a line feed.
import { checkCommands } from './check-command.ts'
import { type Codec, FrameError } from './codec.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch (cause) {
    throw new FrameError('the frame is not JSON', { cause })
  }
}

function text(frame: Uint8Array): string {
  try {
    return utf8.decode(frame)
  } catch (cause) {
    throw new FrameError('the frame is not UTF-8', { cause })
  }
}

export const jsonCodec: Codec = {
  name: 'json',
  subprotocol: 'centrifuge-json',
  binary: false,
  decode(frame) {
    const lines = text(frame).split('\n')
    const values = lines.filter((line) => line.trim() !== '').map(parse)
    if (values.length === 0) throw new FrameError('the frame is empty')
    return checkCommands(values)
  },
  encode: (message) => JSON.stringify(message),
  frame: (messages) => messages.join('\n'),
}
