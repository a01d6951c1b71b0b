// Byte for byte what is said on the wire: a client that was written against these frames must go on
// working. `golden/frames.txt` holds them, each byte labelled.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { checkCommands } from './check-command.ts'
import { jsonClientCodec, msgpackClientCodec, type WireCommand } from './client-codec.ts'
import { jsonCodec } from './codec-json.ts'
import { msgpackCodec } from './codec-msgpack.ts'
import type { ServerMessage } from './frames.ts'

interface Golden {
  readonly speaker: string
  readonly title: string
  readonly json: string
  readonly msgpack: Uint8Array
}

/** Blocks of `== speaker: title`, the JSON lines, `--`, and lines of bytes with their labels. */
function readGolden(text: string): Golden[] {
  const [, ...blocks] = text.split('\n== ')
  return blocks.map((block) => {
    const [head = '', bytes = ''] = block.split('\n--\n')
    const [heading = '', ...json] = head.split('\n')
    const [speaker = '', ...title] = heading.split(': ')
    const digits = bytes.split('\n').map((line) => line.trim().split('  ')[0])
    return {
      speaker,
      title: title.join(': '),
      json: json.join('\n'),
      msgpack: Buffer.from(digits.join('').replaceAll(' ', ''), 'hex'),
    }
  })
}

const path = new URL('golden/frames.txt', import.meta.url)
const golden = readGolden(readFileSync(path, 'utf8'))
const parsed = ({ json }: Golden) => json.split('\n').map((line) => JSON.parse(line) as unknown)
const said = (speaker: string) => golden.filter((frame) => frame.speaker === speaker)

describe('what a client says', () => {
  test.each(said('client'))('$title', (frame) => {
    const commands = parsed(frame)
    const messages = checkCommands(commands)
    expect(messages.some(({ name }) => name === 'invalid')).toBe(false)
    expect(jsonCodec.decode(Buffer.from(frame.json))).toEqual(messages)
    expect(msgpackCodec.decode(frame.msgpack)).toEqual(messages)
    expect(jsonClientCodec.encodeCommands(commands as WireCommand[])).toBe(frame.json)
    expect(hex(msgpackClientCodec.encodeCommands(commands as WireCommand[]))).toBe(
      hex(frame.msgpack),
    )
  })
})

describe('what a server says', () => {
  test.each(said('server'))('$title', (frame) => {
    const messages = parsed(frame) as ServerMessage[]
    expect(jsonCodec.frame(messages.map((each) => jsonCodec.encode(each)))).toBe(frame.json)
    expect(hex(msgpackCodec.frame(messages.map((each) => msgpackCodec.encode(each))))).toBe(
      hex(frame.msgpack),
    )
    expect(jsonClientCodec.decodeServer(frame.json)).toEqual(messages)
    expect(msgpackClientCodec.decodeServer(frame.msgpack)).toEqual(messages)
  })
})

test('there are golden frames of both, and of every command', () => {
  expect(said('server').length).toBeGreaterThan(5)
  const names = said('client').flatMap((frame) =>
    checkCommands(parsed(frame)).map(({ name }) => name),
  )
  expect(new Set(names)).toEqual(
    new Set([
      'connect',
      'refresh',
      'subscribe',
      'unsubscribe',
      'publish',
      'history',
      'presence',
      'presence_stats',
      'rpc',
      'send',
      'pong',
    ]),
  )
})

function hex(bytes: string | Uint8Array): string {
  return Buffer.from(bytes as Uint8Array).toString('hex')
}
