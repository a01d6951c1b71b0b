// The same frame goes to everybody who watches a lot: it is read once, and remembered while it goes round, so that
// ten thousand watchers in one process cost ten thousand comparisons and one reading.
import type { ClientCodec } from '../../protocol/client-codec.ts'
import type { ServerMessage } from '../../protocol/frames.ts'

export interface FrameReader {
  /** The messages of a frame; whoever gets the same frame gets the same objects. @throws FrameError */
  read(frame: Buffer, isBinary: boolean): readonly ServerMessage[]
}

interface Remembered {
  readonly frame: Buffer
  readonly messages: readonly ServerMessage[]
}

/** As many hot lots as may be told in one turn without pushing each other out. */
const rememberedMax = 16
/** Replies to one device are short or long, and never the same twice; what is this short is mostly a ping. */
const bytesMin = 64

export function createFrameReader(codec: ClientCodec): FrameReader {
  const remembered: Remembered[] = []
  let next = 0
  return {
    read(frame, isBinary) {
      const known = remembered.find((each) => each.frame.equals(frame))
      if (known !== undefined) return known.messages
      const messages = codec.decodeServer(isBinary ? frame : frame.toString())
      if (frame.length < bytesMin || !messages.every((message) => 'push' in message))
        return messages
      remembered[next] = { frame: Buffer.from(frame), messages }
      next = (next + 1) % rememberedMax
      return messages
    },
  }
}
