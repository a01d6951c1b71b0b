import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createMemoryConnectionCounts } from '../../platform/connections/memory-connection-counts.ts'
import { VirtualClock } from '../../platform/testing/virtual-clock.ts'
import { waitFor } from '../../platform/testing/wait-for.ts'
import { drainBatchIntervalMs, drainBatchSize } from '../limits.ts'
import type { Answer } from '../ports/desk.ts'
import type { Connection } from './connection.ts'
import { drainRoster } from './drain.ts'
import { Roster } from './roster.ts'
import { deskOf, type Running, startSockets } from './testing/socket-server.ts'

describe('draining the sockets', () => {
  let running: Running
  let answer: (answer: Answer<{ readonly data: unknown }>) => void

  beforeEach(async () => {
    const { promise, resolve } = Promise.withResolvers<Answer<{ readonly data: unknown }>>()
    answer = resolve
    running = await startSockets({ desk: deskOf({ rpc: () => promise }) })
  })

  afterEach(async () => {
    await running.stop()
  })

  test('tells every client to come back elsewhere, in its own time, and closes with 3001', async () => {
    const clients = [running.client(), running.client(), running.client()]
    for (const [nth, client] of clients.entries()) await client.connect(`user-${nth}`)
    const stranger = await running.client().opened()
    await running.server.drain(AbortSignal.timeout(10_000))
    for (const client of [...clients, stranger]) {
      expect(await client.closing()).toBe(3001)
      expect(client.messages.at(-1)).toEqual({
        push: { disconnect: { code: 3001, reason: 'shutdown', reconnect: true, spreadMs: 5_000 } },
      })
    }
    expect(running.server.connections).toBe(0)
  })

  test('answers first what was begun', async () => {
    const client = running.client()
    await client.connect('ann')
    client.send({ id: 20, rpc: { method: 'bid.place' } })
    await client.ask({ unsubscribe: { channel: 'lot:none' } })
    const draining = running.server.drain(AbortSignal.timeout(10_000))
    expect(client.closed).toBeUndefined()
    answer({ result: { data: 'accepted' } })
    expect(await client.reply(20)).toEqual({ id: 20, rpc: { data: 'accepted' } })
    expect(await client.closing()).toBe(3001)
    await draining
  })

  test('waits for no answer longer than two and a half seconds', async () => {
    const client = running.client()
    await client.connect('ann')
    client.send({ id: 20, rpc: { method: 'bid.place' } })
    await client.ask({ unsubscribe: { channel: 'lot:none' } })
    const draining = running.server.drain(AbortSignal.timeout(10_000))
    running.clock.advance(3_000)
    expect(await client.closing()).toBe(3001)
    await draining
  })

  test('that may not go on any longer closes whoever is left', async () => {
    const client = running.client()
    await client.connect('ann')
    client.send({ id: 20, rpc: { method: 'bid.place' } })
    await client.ask({ unsubscribe: { channel: 'lot:none' } })
    const giveUp = new AbortController()
    const draining = running.server.drain(giveUp.signal)
    giveUp.abort()
    await draining
    expect(await client.closing()).toBe(3001)
  })
})

describe('the batches of a drain', () => {
  test('follow each other at their interval, the first at once', async () => {
    const roster = new Roster<Connection>({
      counts: createMemoryConnectionCounts(),
      connectionsMax: Infinity,
      perUserMax: Infinity,
      perAddressMax: Infinity,
    })
    const clock = new VirtualClock()
    const dismissed: number[] = []
    for (let nth = 0; nth < 2 * drainBatchSize + 1; nth += 1) {
      const connection = {
        address: '192.0.2.1',
        holder: undefined,
        dismiss: () => {
          dismissed.push(nth)
          roster.remove(connection)
        },
        expel: () => {},
      } as unknown as Connection
      roster.add(connection)
    }
    const draining = drainRoster(roster, clock, AbortSignal.timeout(10_000))
    for (const count of [drainBatchSize, 2 * drainBatchSize, 2 * drainBatchSize + 1]) {
      expect(dismissed).toHaveLength(count)
      clock.advance(drainBatchIntervalMs)
      await waitFor(() => dismissed.length > count || roster.size === 0)
    }
    await draining
  })
})
