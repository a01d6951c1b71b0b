// What a run asks must survive whatever is killed behind its gateway, and the connection itself.
import { afterEach, expect, test } from 'vitest'
import { lotChannel } from '../protocol/channels.ts'
import { createSteadyClient } from './steady-client.ts'
import { type Play, type PlayedServer, playServer } from './testing/played-server.ts'
import { createWatcher } from './watcher.ts'
import { CommandError } from './wire-client.ts'

let server: PlayedServer | undefined
afterEach(() => server?.stop())

/** Answers by each of these in turn, and by the last from then on. */
async function answering(...plays: readonly ReturnType<Play>[]): Promise<PlayedServer> {
  const left = [...plays]
  server = await playServer(() => (left.length > 1 ? left.shift() : left[0]) ?? 'lost')
  return server
}

const decided = { rpc: { data: { outcome: 'accepted' } } }
const internal = { error: { code: 100, message: 'internal server error', temporary: true } }
const refused = { error: { code: 103, message: 'permission denied' } }
const lotId = '0198f2c4-0000-7000-8000-000000000001'
const bid = { lotId, clientBidId: 'one' }

const snapshot = (lot: object) => ({ subscribe: { data: { lot: { lotId, ...lot } } } })

test('what got no answer is asked again, word for word, on a new connection', async () => {
  const { url, asked } = await answering('lost', internal, 'lost', decided)
  const client = await createSteadyClient({ url })
  expect(await client.rpc('bid.place', bid)).toEqual({ outcome: 'accepted' })
  expect(asked).toHaveLength(4)
  expect(new Set(asked.map((command) => JSON.stringify(command))).size).toBe(1)
  await client.close()
})

test('a refusal that will not pass is told at once', async () => {
  const { url, asked } = await answering(refused)
  const client = await createSteadyClient({ url })
  await expect(client.rpc('bid.place', bid)).rejects.toBeInstanceOf(CommandError)
  expect(asked).toHaveLength(1)
  await client.close()
})

test('a server that is not there from the beginning is told at once', async () => {
  const gone = await answering(decided)
  await gone.stop()
  await expect(createSteadyClient({ url: gone.url })).rejects.toThrow(/ECONNREFUSED/)
})

test('a lot that closed while its watcher was away is found closed', async () => {
  const channel = lotChannel(lotId)
  let times = 0
  server = await playServer(({ name }) => {
    if (name !== 'subscribe') return { [name]: {} }
    times += 1
    return (
      [snapshot({}), 'lost' as const, snapshot({ result: { price: 700 } })][times - 1] ?? 'lost'
    )
  })
  const watcher = await createWatcher(server.url, 'token')
  const { ended } = await watcher.watch(lotId)
  server.drop()
  expect((await ended).result).toEqual({ price: 700 })
  expect(server.asked).toEqual([
    ...Array.from({ length: 3 }, () => ({ name: 'subscribe', params: { channel } })),
    { name: 'unsubscribe', params: { channel } },
  ])
  await watcher.close()
})

test('a lot that closes while it is watched is told by its channel', async () => {
  const lot = { lotId }
  server = await playServer(({ name }) => ({ [name]: { data: { lot } } }))
  const watcher = await createWatcher(server.url, 'token')
  const { ended } = await watcher.watch(lotId)
  const closed = { lot: { ...lot, result: { price: 500 } } }
  server.push({ channel: 'user:house', pub: { data: {} } })
  server.push({ channel: lotChannel(lotId), pub: { data: closed } })
  expect((await ended).result).toEqual({ price: 500 })
  await watcher.close()
})
