// The bounds of users and addresses over all gateways: two servers share the counts that they ask.
import { afterEach, expect, test } from 'vitest'
import type { ConnectionCounts } from '../../platform/connections/connection-counts.ts'
import { createMemoryConnectionCounts } from '../../platform/connections/memory-connection-counts.ts'
import { waitFor } from '../../platform/testing/wait-for.ts'
import {
  addressConnectionsKey,
  deviceConnectionsKey,
  userConnectionsKey,
} from '../../protocol/connection-keys.ts'
import { identity, noonMs } from '../testing/people.ts'
import { deskOf, type Running, startSockets } from './testing/socket-server.ts'

const running: Running[] = []

afterEach(async () => {
  for (const each of running.splice(0)) await each.stop()
})

const limits = {
  commandsPerConnection: 'off',
  connectionsPerUserMax: 2,
  connectionsPerAddressMax: 'off',
} as const

async function start(options: Parameters<typeof startSockets>[0]): Promise<Running> {
  const started = await startSockets({ limits, ...options })
  running.push(started)
  return started
}

async function two(options: Parameters<typeof startSockets>[0] = {}) {
  const connectionCounts = createMemoryConnectionCounts()
  const shared = { ...options, connectionCounts }
  return { connectionCounts, one: await start(shared), other: await start(shared) }
}

/** Counts whose answers to `enter` are held back until the test lets them go. */
function withheld() {
  const near = createMemoryConnectionCounts()
  const { promise, resolve } = Promise.withResolvers<void>()
  let asked = 0
  return {
    release: resolve,
    asked: () => asked,
    counts: {
      ...near,
      async enter(key: string, max: number) {
        const isLetIn = await near.enter(key, max)
        asked += 1
        await promise
        return isLetIn
      },
    } satisfies ConnectionCounts,
  }
}

test('a user with enough connections elsewhere is closed with 3504, until one has gone', async () => {
  const { one, other } = await two()
  const first = one.client()
  await first.connect('ann')
  await one.client().connect('ann')
  const third = await other.client().opened()
  third.send({ id: 1, connect: { token: 'ann' } })
  expect(await third.closing()).toBe(3504)
  expect(await other.client().connect('bob')).toMatchObject({ connect: {} })
  first.socket.close()
  await waitFor(() => one.server.connections === 1)
  expect(await other.client().connect('ann')).toMatchObject({ connect: {} })
})

test('an address with enough connections elsewhere is closed with 3504, until one has gone', async () => {
  const { one, other } = await two({ limits: { ...limits, connectionsPerAddressMax: 2 } })
  const first = await one.client().opened()
  await one.client().opened()
  // It may be closed before it could be seen open.
  expect(await other.client().closing()).toBe(3504)
  first.socket.close()
  await waitFor(() => one.server.connections === 1)
  expect(await other.client().connect('ann')).toMatchObject({ connect: {} })
})

test('a socket that closes while its claims are under way leaves no count behind', async () => {
  const { counts, release, asked } = withheld()
  const gateway = await start({
    connectionCounts: counts,
    limits: { ...limits, connectionsPerUserMax: 1, connectionsPerAddressMax: 1 },
  })
  const early = await gateway.client().opened()
  early.send({ id: 1, connect: { token: 'ann' } })
  await waitFor(() => asked() === 2)
  early.socket.terminate()
  await waitFor(() => gateway.server.connections === 0)
  const keys = [userConnectionsKey('ann'), addressConnectionsKey('127.0.0.1')]
  expect(await counts.held(keys)).toEqual([1, 1])
  release()
  await waitFor(async () => (await counts.held(keys)).join() === '0,0')
  expect(await gateway.client().connect('ann')).toMatchObject({ connect: {} })
})

test('a revocation reaches a connection whose claim is still under way', async () => {
  const { counts, release, asked } = withheld()
  const gateway = await start({ connectionCounts: counts })
  const late = await gateway.client().opened()
  late.send({ id: 1, connect: { token: 'ann' } })
  await waitFor(() => asked() === 1)
  gateway.revocations.post({ userId: 'ann', beforeMs: noonMs })
  release()
  expect(await late.closing()).toBe(3503)
  expect(late.messages).toEqual([])
})

test('a watcher without a name who brings tokens on the way is nobody’s connection, and not counted', async () => {
  const device = { ...identity('ann'), deviceId: 'phone' }
  const desk = deskOf({
    admit: async (token) => ({
      admitted: true,
      identity: token === undefined ? undefined : device,
      data: {},
    }),
  })
  const connectionCounts = createMemoryConnectionCounts()
  const gateway = await start({ desk, connectionCounts })
  const nameless = await gateway.client().opened()
  nameless.send({ id: 1, connect: {} })
  nameless.send({ id: 2, refresh: { token: 'one' } }, { id: 3, refresh: { token: 'another' } })
  expect(await nameless.closing()).toBe(3500)
  await waitFor(() => gateway.server.connections === 0)
  const keys = [userConnectionsKey('ann'), deviceConnectionsKey('ann', 'phone')]
  expect(await connectionCounts.held(keys)).toEqual([0, 0])
})

test('a device is counted while it is connected, wherever that is', async () => {
  const device = { ...identity('ann'), deviceId: 'phone' }
  const desk = deskOf({
    admit: async () => ({ admitted: true, identity: device, data: {} }),
  })
  const { connectionCounts, one, other } = await two({ desk })
  const key = deviceConnectionsKey('ann', 'phone')
  const [first, second] = [one.client(), other.client()]
  await first.connect('a token')
  await second.connect('a token')
  expect(await connectionCounts.held([key])).toEqual([2])
  const refused = await other.client().opened()
  refused.send({ id: 1, connect: { token: 'a token' } })
  expect(await refused.closing()).toBe(3504)
  await waitFor(async () => (await connectionCounts.held([key]))[0] === 2)
  for (const client of [first, second]) client.socket.terminate()
  await waitFor(async () => (await connectionCounts.held([key]))[0] === 0)
})
