// Whatever is lost, doubled or out of order on its way to a watcher must end a bench.
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { WebSocketServer } from 'ws'
import { ArrivalReader } from './arrivals.ts'
import { Child } from './child.ts'
import { plainWords } from './peer.ts'
import type { FromCrowd, ToCrowd } from './words.ts'

const publication = (offset: number) => `{"push":{"channel":"lot:1","pub":{"offset":${offset}}}}`
const frameOf = (...offsets: number[]) => Buffer.from(offsets.map(publication).join('\n'))

test('the publications of a frame are counted, again and again', () => {
  const reader = new ArrivalReader(false)
  const [one, many] = [frameOf(7), frameOf(8, 9, 10)]
  for (let time = 0; time < 3; time += 1) {
    expect(reader.read(one)).toMatchObject({ first: 7, last: 7, count: 1 })
    expect(reader.read(many)).toMatchObject({ first: 8, last: 10, count: 3 })
  }
})

test('a frame that begins like another one is another one', () => {
  const reader = new ArrivalReader(false)
  expect(reader.read(frameOf(7, 8))).toMatchObject({ last: 8 })
  expect(reader.read(frameOf(7, 8, 9))).toMatchObject({ last: 9 })
})

test('what was lent may be overwritten afterwards', () => {
  const reader = new ArrivalReader(false)
  const lent = frameOf(7, 8)
  reader.read(lent)
  frameOf(7, 9).copy(lent)
  expect(() => reader.read(lent)).toThrow('9 came after 7')
})

test.each([
  ['a gap', [7, 9]],
  ['a double', [7, 7]],
  ['an older one', [8, 7]],
])('%s in a frame is a fault', (_, offsets) => {
  expect(() => new ArrivalReader(false).read(frameOf(...offsets))).toThrow('came after')
})

test('where states are skipped a gap is none, but a double is', () => {
  const reader = new ArrivalReader(true)
  expect(reader.read(frameOf(7, 9))).toMatchObject({ last: 9, count: 2 })
  expect(() => reader.read(frameOf(11, 11))).toThrow('11 came after 11')
})

test('a frame without a publication is none', () => {
  expect(new ArrivalReader(false).read(Buffer.from('{}'))).toBeUndefined()
})

test.each([
  ['loses one', [1, 2, 4], 'heard 4 after 2'],
  ['tells one twice', [1, 2, 2], 'heard 2 after 2'],
  ['turns two round', [1, 3, 2], 'heard 3 after 1'],
])('a server that %s is found out by its watchers', async (_, offsets, verdict) => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await once(server, 'listening')
  server.on('connection', (socket) => {
    socket.once('message', () => {
      socket.send(plainWords.joined)
      for (const offset of offsets) socket.send(publication(offset))
    })
  })
  const entry = fileURLToPath(new URL('crowd-process.ts', import.meta.url))
  const crowd = new Child<ToCrowd, FromCrowd>('the watchers', entry, ['seen'])
  const { port } = server.address() as AddressInfo
  const stage = { lotId: '1', databaseUrl: '', natsUrl: '', secret: '' }
  const sizes = { watchers: 2, firstUser: 0, conflated: false }
  const order = { peer: 'ws', port, stage, from: '127.0.0.1', ...sizes } as const
  crowd.ask({ type: 'join', order }, 'joined').catch(() => {})
  try {
    await expect(crowd.failed).rejects.toThrow(verdict)
  } finally {
    await crowd.end()
    for (const socket of server.clients) socket.terminate()
    server.close()
  }
})
