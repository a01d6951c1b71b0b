import { connect } from 'node:net'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { waitFor } from '../../platform/testing/wait-for.ts'
import {
  jsonClientCodec,
  msgpackClientCodec,
  type WireCommand,
} from '../../protocol/client-codec.ts'
import { frameBytesMax } from '../../protocol/codec.ts'
import { lotId } from '../testing/lots.ts'
import { deskOf, type Running, startSockets } from './testing/socket-server.ts'
import type { WireClient } from './testing/wire-client.ts'

const lot = `lot:${lotId}`

let running: Running
/** Somebody who does nothing wrong, and must not notice what others do. */
let bystander: WireClient

beforeEach(async () => {
  running = await startSockets({
    desk: deskOf({
      presence: () => {
        throw new Error('a fault of our own')
      },
    }),
  })
  running.streams.openLot(lotId)
  bystander = running.client()
  await bystander.connect('bystander')
  await bystander.ask({ subscribe: { channel: lot } })
})

afterEach(async () => {
  await running.stop()
})

/** Whatever happened: the process answers, and the bystander is told of the next bid. */
async function nothingHappenedToOthers(): Promise<void> {
  const event = running.streams.bid(lotId, 1_000)
  running.streams.tellLot(lotId, [event])
  await waitFor(() => bystander.offsets(lot).includes(event.seq))
  expect(bystander.closed).toBeUndefined()
}

describe('I16: a frame', () => {
  test.each([
    ['that is not JSON', 'hello'],
    ['that is cut off', '{"id":1,"connect":{'],
    ['that is empty', ''],
    ['that holds a number', '1'],
    ['that holds an array', '[]'],
    ['whose id is no number', '{"id":"1","connect":{}}'],
    ['that is not UTF-8', new Uint8Array([0x7b, 0xff, 0xfe, 0x7d])],
    ['that asks for something unknown', '{"id":1,"fly":{}}'],
    ['of many commands', Array.from({ length: 17 }, () => '{"id":1,"send":{}}').join('\n')],
    ['of a polluting key', '{"id":1,"__proto__":{"connect":{}}}'],
  ])('%s closes with 3501, before and after connect', async (_, frame) => {
    const [stranger, known] = [await running.client().opened(), running.client()]
    await known.connect('ann')
    for (const client of [stranger, known]) {
      client.sendRaw(frame)
      expect(await client.closing()).toBe(3501)
    }
    await nothingHappenedToOthers()
  })

  test('beyond 64 KiB cuts the connection', async () => {
    const client = running.client()
    await client.connect('ann')
    client.sendRaw('x'.repeat(frameBytesMax + 1))
    // The library closes before we get to say anything.
    expect(await client.closing()).toBeLessThan(3_000)
    await nothingHappenedToOthers()
  })

  test('beyond 4 KiB of somebody unknown closes with 3501', async () => {
    const client = await running.client().opened()
    client.send({ id: 1, connect: { data: 'x'.repeat(4_096) } })
    expect(await client.closing()).toBe(3501)
  })

  test('that breaks our own code closes that connection with 3004, and is logged', async () => {
    const client = running.client()
    await client.connect('ann')
    client.send({ id: 2, presence: { channel: lot } })
    expect(await client.closing()).toBe(3004)
    expect(running.faults.join()).toContain('a fault of our own')
    await nothingHappenedToOthers()
  })
})

describe('I16: a connection', () => {
  test('that ends at any moment leaves nothing behind', async () => {
    const clients = await Promise.all(
      Array.from({ length: 20 }, async (_, nth) => {
        const client = await running.client().opened()
        client.send(
          { id: 1, connect: { token: `user-${nth % 5}` } },
          { id: 2, subscribe: { channel: lot } },
          { id: 3, rpc: { method: 'x' } },
        )
        if (nth % 4 === 1) await client.reply(2)
        if (nth % 4 === 2) client.sendRaw('nonsense')
        if (nth % 4 === 3) client.socket.close()
        return client
      }),
    )
    for (const client of clients) client.socket.terminate()
    await waitFor(() => running.server.connections === 1)
    await nothingHappenedToOthers()
    running.clock.advance(12_000)
    for (let nth = 0; nth < 5; nth += 1) expect(running.streams.listeners(`user-${nth}`)).toBe(0)
    const watchers = await running.client().connect('ann')
    expect(watchers).toMatchObject({ connect: {} })
    expect(running.faults).toEqual([])
  })

  test('that sends a close and commands behind it hears no more', async () => {
    const client = running.client()
    await client.connect('ann')
    client.send({ id: 2, connect: {} })
    client.send({ id: 3, rpc: { method: 'x' } })
    expect(await client.closing()).toBe(3501)
    expect(client.messages.some((message) => 'id' in message && message.id === 3)).toBe(false)
    expect(running.faults).toEqual([])
  })

  test('that is no WebSocket at all harms nobody', async () => {
    const socket = connect(running.server.port, '127.0.0.1')
    socket.on('error', () => {})
    socket.write('GET /connection/websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\n')
    socket.write(Buffer.from([0, 1, 2, 3, 255]))
    await waitFor(() => socket.readyState === 'open' || socket.destroyed)
    socket.destroy()
    await nothingHappenedToOthers()
  })
})

const word = fc.oneof(
  fc.constantFrom(lot, 'user:ann', 'user:bystander', 'lot:x', '', 'e', '__proto__', 'constructor'),
  fc.string({ maxLength: 20 }),
)
const value = fc.oneof(
  word,
  fc.integer(),
  fc.double(),
  fc.constantFrom(null, true, 2 ** 53, -1, 0, 1e308, [], {}),
)
const params = fc.dictionary(
  fc.constantFrom(
    'channel',
    'token',
    'recover',
    'offset',
    'epoch',
    'method',
    'data',
    'limit',
    'subs',
    'since',
    '__proto__',
  ),
  value,
  { maxKeys: 5 },
)
const command = fc
  .tuple(
    fc.oneof(fc.integer({ min: 0, max: 9 }), value),
    fc.constantFrom(
      'connect',
      'subscribe',
      'unsubscribe',
      'publish',
      'history',
      'presence_stats',
      'rpc',
      'send',
      'refresh',
      'toString',
    ),
    fc.oneof(params, value),
  )
  .map(([id, name, asked]) => ({ id, [name]: asked }))

describe('I16: whatever a client sends', () => {
  test.each([jsonClientCodec, msgpackClientCodec])(
    'in $name, nobody else notices',
    async (codec) => {
      await fc.assert(
        fc.asyncProperty(
          fc.boolean(),
          fc.array(
            fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.array(command, { maxLength: 5 })),
            {
              minLength: 1,
              maxLength: 6,
            },
          ),
          async (known, frames) => {
            const client = running.client({ codec })
            if (known) await client.connect('ann')
            else await client.opened()
            for (const frame of frames) {
              if (frame instanceof Uint8Array) client.sendRaw(frame)
              else client.send(...(frame as unknown as readonly WireCommand[]))
            }
            client.socket.close()
            await client.closing()
          },
        ),
        { numRuns: 80 },
      )
      await nothingHappenedToOthers()
      expect(running.faults).toEqual([])
      await waitFor(() => running.server.connections === 1)
    },
  )
})
