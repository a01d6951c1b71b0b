// What may be said in the client protocol, for property tests.
import * as fc from 'fast-check'
import type { WireCommand } from '../client-codec.ts'
import type { ServerMessage } from '../frames.ts'

const text = fc.string({ unit: 'grapheme', maxLength: 100 })
const key = fc
  .oneof(text, fc.constantFrom('constructor', 'hasOwnProperty', 'toJSON', 'toString', 'length'))
  .filter((name) => name !== '__proto__')
const number = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (value === 0 ? 0 : value)),
)
/** Plain data as both encodings carry it. */
const plain = fc.letrec((again) => ({
  value: fc.oneof(
    { depthSize: 'small', maxDepth: 6 },
    fc.constantFrom(null, true, false),
    number,
    text,
    fc.array(again('value'), { maxLength: 5 }),
    fc.dictionary(key, again('value'), { maxKeys: 5, noNullPrototype: true }),
  ),
})).value

const id = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER })
const channel = fc.string({ minLength: 1, maxLength: 100 })

const position = {
  offset: fc.maxSafeInteger().map(Math.abs),
  epoch: fc.string({ maxLength: 64 }),
}
/** Any command a client may send, well formed. */
export const wireCommand: fc.Arbitrary<WireCommand> = fc.oneof(
  fc.record({
    id,
    connect: fc.record(
      { token: text, data: plain, name: text, version: text },
      { requiredKeys: [] },
    ),
  }),
  fc.record({ id, refresh: fc.record({ token: text }) }),
  fc.record({
    id,
    subscribe: fc.record(
      { channel, ...position, recover: fc.boolean(), token: text, data: plain },
      { requiredKeys: ['channel'] },
    ),
  }),
  fc.record({ id, unsubscribe: fc.record({ channel }) }),
  fc.record({ id, publish: fc.record({ channel, data: plain }) }),
  fc.record({
    id,
    history: fc.record(
      {
        channel,
        limit: fc.nat(),
        since: fc.record(position, { requiredKeys: [] }),
        reverse: fc.boolean(),
      },
      { requiredKeys: ['channel'] },
    ),
  }),
  fc.record({ id, presence: fc.record({ channel }) }),
  fc.record({ id, presence_stats: fc.record({ channel }) }),
  fc.record({
    id,
    rpc: fc.record(
      { method: fc.string({ minLength: 1, maxLength: 64 }), data: plain },
      { requiredKeys: ['method'] },
    ),
  }),
  fc.record({ id, send: fc.record({ data: plain }) }),
  fc.constant<Record<string, never>>({}),
) as fc.Arbitrary<WireCommand>

const publication = fc.record({ offset: fc.nat(), data: plain }, { requiredKeys: ['data'] })
/** Some of what a server says, with any data. */
export const serverMessage = fc.oneof(
  fc.record({
    id,
    error: fc.record(
      { code: fc.integer({ min: 100, max: 112 }), message: text, temporary: fc.constant(true) },
      { requiredKeys: ['code', 'message'] },
    ),
  }),
  fc.record({ id, rpc: fc.record({ data: plain }) }),
  fc.record({
    id,
    subscribe: fc.record(
      { epoch: text, offset: fc.nat(), publications: fc.array(publication), data: plain },
      { requiredKeys: [] },
    ),
  }),
  fc.record({ push: fc.record({ channel, pub: publication }) }),
  fc.constant({}),
) as fc.Arbitrary<ServerMessage>
