// A device that missed more than a reply holds, on a server played by the test: nothing may be lost, doubled or out
// of order, whatever comes meanwhile.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { waitFor } from '../../platform/testing/wait-for.ts'
import { jsonClientCodec } from '../../protocol/client-codec.ts'
import { type PlayedServer, playServer } from '../testing/played-server.ts'
import { createFrameReader } from './frame-memory.ts'
import { endpointOf } from './light-socket.ts'
import { LoadClient } from './load-client.ts'
import type { LoadObserver } from './load-observer.ts'

const channel = 'chat:c'
const pageLength = 3
let server: PlayedServer
let device: LoadClient
/** Where the stream of the server stands. */
let head: number
/** What happens when a page of history is asked for; the answer, where it is not that page. */
let turns: (() => object | 'lost' | undefined)[]
let offsets: (number | undefined)[]
let joins: number
let readsBack: number
let returns: number

beforeEach(async () => {
  head = 2
  turns = []
  offsets = []
  joins = 0
  readsBack = 0
  returns = 0
  server = await playServer(({ name, params }) => {
    if (name === 'subscribe') return subscribed(params as { readonly recover?: boolean })
    return turns.shift()?.() ?? pageAfter(params as { readonly since: { readonly offset: number } })
  })
  const observer: LoadObserver = {
    connected: () => {},
    disconnected: () => {},
    returned: () => void (returns += 1),
    subscribed: () => void (joins += 1),
    readsBack: () => void (readsBack += 1),
    refused: () => {},
    published: (_, __, { offset }) => void offsets.push(offset),
  }
  const endpoints = [endpointOf(server.url, 'centrifuge-json')]
  const frames = createFrameReader(jsonClientCodec)
  device = new LoadClient(
    { endpoints, codec: jsonClientCodec, frames, observer, random: () => 0 },
    0,
  )
  device.subscribe(channel)
  device.connect()
  await waitFor(() => device.offsetOf(channel) === 2)
})

afterEach(async () => {
  device.leave()
  await server.stop()
})

function subscribed({ recover = false }: { readonly recover?: boolean }): object {
  const was = recover ? { was_recovering: true, recovered: false } : {}
  return { subscribe: { recoverable: true, positioned: true, epoch: 'e', offset: head, ...was } }
}

function pageAfter({ since }: { readonly since: { readonly offset: number } }): object {
  const publications = Array.from({ length: head }, (_, at) => ({ offset: at + 1, data: {} }))
  const page = publications.filter(({ offset }) => offset > since.offset).slice(0, pageLength)
  return { history: { publications: page, epoch: 'e', offset: head } }
}

const tell = (offset: number | undefined): void =>
  server.push({ channel, pub: { ...(offset === undefined ? {} : { offset }), data: {} } })

const isBackAt = (offset: number) => () => device.offsetOf(channel) === offset && returns > 0

/** What was told, and with nothing in between: 3, 4, … */
const upTo = (last: number) => Array.from({ length: last - 2 }, (_, at) => at + 3)

test('it reads page by page, and what is told meanwhile waits for its place', async () => {
  head = 7
  turns = [
    () => {
      head = 8
      for (const offset of [8, undefined, 9]) tell(offset)
      return undefined
    },
  ]
  server.drop()
  await waitFor(isBackAt(9), { timeoutMs: 30_000 })
  // Two pages reach what was told meanwhile, which is not told once more.
  expect(offsets).toEqual([...upTo(8), undefined, 9])
  expect([readsBack, joins]).toEqual([1, 1])
})

test('a page that is put off is asked for again', async () => {
  turns = [() => ({ error: { code: 100, message: 'internal', temporary: true } })]
  head = 7
  server.drop()
  await waitFor(isBackAt(7), { timeoutMs: 30_000 })
  expect(offsets).toEqual(upTo(7))
})

test('a connection that is lost meanwhile goes on where it stood', async () => {
  head = 9
  turns = [
    () => undefined,
    () => {
      tell(10)
      return 'lost'
    },
  ]
  server.drop()
  await waitFor(isBackAt(9), { timeoutMs: 30_000 })
  expect(offsets).toEqual(upTo(9))
  expect(readsBack).toBe(2)
  tell(10)
  await waitFor(isBackAt(10))
  expect(offsets).toEqual(upTo(10))
})

test('a history that stops short leaves the hole to be seen', async () => {
  turns = [() => ({ history: { publications: [], epoch: 'e', offset: 7 } })]
  head = 7
  server.drop()
  await waitFor(() => returns > 0, { timeoutMs: 30_000 })
  tell(8)
  await waitFor(() => offsets.length > 0)
  expect(offsets).toEqual([8])
})
