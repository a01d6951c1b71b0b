import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkCommands } from './check-command.ts'
import { jsonClientCodec, msgpackClientCodec, type WireCommand } from './client-codec.ts'
import { depthMax, FrameError, frameBytesMax } from './codec.ts'
import { jsonCodec } from './codec-json.ts'
import { msgpackCodec } from './codec-msgpack.ts'
import { chooseCodec } from './codecs.ts'
import { serverMessage, wireCommand } from './testing/arbitraries.ts'

const utf8 = new TextEncoder()
const bytes = (frame: string | Uint8Array): Uint8Array =>
  typeof frame === 'string' ? utf8.encode(frame) : frame

const ENCODINGS = [
  { name: 'JSON', server: jsonCodec, client: jsonClientCodec },
  { name: 'MessagePack', server: msgpackCodec, client: msgpackClientCodec },
] as const

describe.each(ENCODINGS)('$name', ({ server, client }) => {
  const heard = (commands: readonly WireCommand[]) =>
    server.decode(bytes(client.encodeCommands(commands)))

  test('decode(encode(commands)) = commands', () => {
    fc.assert(
      fc.property(fc.array(wireCommand, { minLength: 1, maxLength: 16 }), (commands) => {
        const frame = bytes(client.encodeCommands(commands))
        fc.pre(frame.length <= frameBytesMax)
        expect(server.decode(frame)).toEqual(checkCommands(commands))
      }),
    )
  })

  test('decode(frame(encode(messages))) = messages, each encoded once', () => {
    fc.assert(
      fc.property(fc.array(serverMessage, { minLength: 1, maxLength: 40 }), (messages) => {
        const encoded = messages.map((each) => server.encode(each))
        expect(client.decodeServer(server.frame(encoded))).toEqual(messages)
      }),
    )
  })

  test('a frame of 70,000 messages decodes', () => {
    const ping = server.encode({})
    expect(
      client.decodeServer(server.frame(Array.from({ length: 70_000 }, () => ping))),
    ).toHaveLength(70_000)
  })

  test('fields without a value are left out', () => {
    const reply = { id: 1, rpc: { data: { given: 1, missing: undefined, items: [undefined] } } }
    const [decoded] = client.decodeServer(server.frame([server.encode(reply)]))
    expect(decoded).toStrictEqual({ id: 1, rpc: { data: { given: 1, items: [null] } } })
  })

  test('I16: no byte string makes the decoder throw anything but FrameError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (frame) => {
        onlyFrameErrors(() => server.decode(frame))
      }),
      { numRuns: 3_000 },
    )
  })

  test('I16: no mutation of a good frame makes the decoder throw anything but FrameError', () => {
    const mutation = fc.record({ at: fc.nat(), byte: fc.integer({ min: 0, max: 255 }) })
    fc.assert(
      fc.property(
        fc.array(wireCommand, { minLength: 1, maxLength: 4 }),
        fc.array(mutation, { maxLength: 4 }),
        fc.nat(),
        (commands, mutations, cut) => {
          const frame = Uint8Array.from(bytes(client.encodeCommands(commands)))
          for (const { at, byte } of mutations) frame[at % frame.length] = byte
          onlyFrameErrors(() => server.decode(frame))
          onlyFrameErrors(() => server.decode(frame.subarray(0, cut % frame.length)))
        },
      ),
      { numRuns: 2_000 },
    )
  })

  test('I16: a frame that is nested too deep is refused, one at the bound is not', () => {
    // Around the nested arrays: MessagePack's frame (1), the command, `send`, and `data`'s own.
    const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)])
    const sent = (depth: number) =>
      bytes(client.encodeCommands([{ id: 1, send: { data: nested(depth) } }]))
    expect(server.decode(sent(depthMax - 3))).toHaveLength(1)
    expect(() => server.decode(sent(depthMax - 2))).toThrow(FrameError)
    expect(() => server.decode(sent(1_000))).toThrow(FrameError)
  })

  test('I16: the deepest frame that fits is refused without exhausting the stack', () => {
    const opening = server.binary ? 0x91 : '['.charCodeAt(0)
    const closing = server.binary ? 0x90 : ']'.charCodeAt(0)
    const half = frameBytesMax / 2
    const deep = new Uint8Array(frameBytesMax).fill(opening, 0, half).fill(closing, half)
    expect(() => server.decode(deep)).toThrow(FrameError)
    expect(() => server.decode(new Uint8Array(frameBytesMax).fill(opening))).toThrow(FrameError)
  })

  test('an empty frame is refused', () => {
    expect(() => server.decode(new Uint8Array(0))).toThrow(FrameError)
    expect(() => server.decode(bytes(client.encodeCommands([])))).toThrow(FrameError)
  })

  test('more than 16 commands that are no subscriptions are refused, 16 are not', () => {
    const pongs = Array.from({ length: 17 }, () => ({}))
    expect(server.decode(bytes(client.encodeCommands(pongs.slice(1))))).toHaveLength(16)
    expect(() => server.decode(bytes(client.encodeCommands(pongs)))).toThrow(FrameError)
  })

  test('128 subscriptions may stand beside them, as the public SDKs send them; more are refused', () => {
    const subscribes = Array.from({ length: 129 }, (_, at) => ({
      id: at + 1,
      subscribe: { channel: `lot:${at}` },
    }))
    const others = Array.from({ length: 16 }, () => ({}))
    expect(heard([...others, ...subscribes.slice(1)])).toHaveLength(144)
    expect(() => heard(subscribes)).toThrow(FrameError)
    expect(() => heard([...others, {}, subscribes[0] ?? {}])).toThrow(FrameError)
  })

  test('a command that does not fit comes out as invalid and leaves the others', () => {
    const wrong = { id: 1, subscribe: { channel: 5 } } as unknown as WireCommand
    const frame = bytes(client.encodeCommands([wrong, { id: 2, presence: { channel: 'lot:x' } }]))
    expect(server.decode(frame)).toEqual([
      { name: 'invalid', id: 1, detail: 'subscribe.channel: expected string, received number' },
      { id: 2, name: 'presence', params: { channel: 'lot:x' } },
    ])
  })

  test.each([
    ['an id of 0', { id: 0, rpc: { method: 'time.sync' } }],
    ['a negative id', { id: -1, rpc: { method: 'time.sync' } }],
    ['a fractional id', { id: 1.5, rpc: { method: 'time.sync' } }],
    ['an id beyond 2^53', { id: 2 ** 53, rpc: { method: 'time.sync' } }],
    ['no id', { rpc: { method: 'time.sync' } }],
    ['an unknown command', { id: 1, conquer: {} }],
    ['a string', 'rpc'],
    ['a list', [1]],
    ['null', null],
  ])('%s is not a command', (_, value) => {
    const frame = bytes(client.encodeCommands([value as unknown as WireCommand]))
    expect(() => server.decode(frame)).toThrow(FrameError)
  })

  test('a send needs no id', () => {
    const frame = bytes(client.encodeCommands([{ send: { data: 1 } } as unknown as WireCommand]))
    expect(server.decode(frame)).toEqual([{ id: 0, name: 'send', params: { data: 1 } }])
  })

  test('unknown fields are ignored', () => {
    const command = { id: 1, later: true, rpc: { method: 'time.sync', later: 1 } }
    const frame = bytes(client.encodeCommands([command]))
    expect(server.decode(frame)).toEqual([{ id: 1, name: 'rpc', params: { method: 'time.sync' } }])
  })
})

function onlyFrameErrors(decode: () => unknown): void {
  try {
    decode()
  } catch (error) {
    expect(error).toBeInstanceOf(FrameError)
  }
}

describe('the choice of a codec', () => {
  test.each([
    ['', jsonCodec],
    ['centrifuge-json', jsonCodec],
    ['outcry-msgpack', msgpackCodec],
    ['centrifuge-protobuf, outcry-msgpack, centrifuge-json', msgpackCodec],
    ['Centrifuge-JSON', undefined],
    ['chat', undefined],
  ])('%j', (offered, codec) => {
    expect(chooseCodec(offered)).toBe(codec)
  })
})
