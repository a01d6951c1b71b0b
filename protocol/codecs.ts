// The encodings a socket may ask for by its subprotocol.
import type { Codec } from './codec.ts'
import { jsonCodec } from './codec-json.ts'
import { msgpackCodec } from './codec-msgpack.ts'

export const CODECS = [jsonCodec, msgpackCodec] as const satisfies readonly Codec[]

/**
 * The first codec that the client offers in `Sec-WebSocket-Protocol` (comma-divided, in its order of
 * preference); JSON where it offers none. Undefined where we speak none of those it offers.
 */
export function chooseCodec(offered: string): Codec | undefined {
  const names = offered
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
  if (names.length === 0) return jsonCodec
  for (const name of names) {
    const codec = CODECS.find(({ subprotocol }) => subprotocol === name)
    if (codec !== undefined) return codec
  }
  return undefined
}
