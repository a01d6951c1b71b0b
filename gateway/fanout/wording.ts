// One message for many sockets: said in each encoding, and in each manner, at most once.
import type { Codec, Encoded } from '../../protocol/codec.ts'
import type { Push } from '../../protocol/frames.ts'

export class Wording<Manner = undefined> {
  readonly #push: (manner: Manner) => Push
  /** Two codecs and a few manners: a list is the fastest table of so few. */
  #said: readonly { readonly codec: Codec; readonly manner: Manner; readonly text: Encoded }[] = []

  constructor(push: (manner: Manner) => Push) {
    this.#push = push
  }

  in(codec: Codec, manner: Manner): Encoded {
    for (const said of this.#said) {
      if (said.codec === codec && said.manner === manner) return said.text
    }
    const text = codec.encode(this.#push(manner))
    this.#said = [...this.#said, { codec, manner, text }]
    return text
  }
}
