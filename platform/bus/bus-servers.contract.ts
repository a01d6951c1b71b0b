// What every bus must do where several serve one subject; a part of bus.contract.ts.
import { expect, test } from 'vitest'
import { waitFor } from '../testing/wait-for.ts'
import {
  type Bus,
  type BusMessage,
  BusTimeoutError,
  NoResponderError,
  nobody,
  silence,
} from './bus.ts'

/** Generous: only a failing test waits for it. */
const timeoutMs = 10_000

/** Adds its tests to the suite of the bus that `under` gives. */
export function describeServers(under: () => Bus): void {
  test('servers of one queue share the requests: each is answered once, by one of them', async () => {
    const bus = under()
    const served: Record<string, number> = { a: 0, b: 0 }
    const count = (server: 'a' | 'b') => async () => {
      served[server] = (served[server] ?? 0) + 1
      return server
    }
    await bus.serve('cmd.chat', count('a'), { queue: 'chat' })
    await bus.serve('cmd.chat', count('b'), { queue: 'chat' })
    // One after the other: what is asked in one turn may travel, and be served, together.
    const replies: BusMessage[] = []
    for (let asked = 0; asked < 60; asked += 1) {
      replies.push(await bus.request('cmd.chat', null, timeoutMs))
    }
    expect(replies.filter((server) => server === 'a')).toHaveLength(served['a'] ?? 0)
    expect(replies.filter((server) => server === 'b')).toHaveLength(served['b'] ?? 0)
    expect(served['a']).toBeGreaterThan(0)
    expect(served['b']).toBeGreaterThan(0)
  })

  test('a request is carried out once, however its servers name their queues', async () => {
    const bus = under()
    let served = 0
    const serve = (subject: string, options?: { queue: string }) =>
      bus.serve(subject, async () => (served += 1), options)
    await serve('cmd.chat')
    await serve('cmd.chat', { queue: 'one' })
    await serve('cmd.*', { queue: 'other' })
    for (let asked = 1; asked <= 20; asked += 1) {
      await expect(bus.request('cmd.chat', null, timeoutMs)).resolves.toBe(asked)
    }
    expect(served).toBe(20)
  })

  test('what everyone serves is heard by all of them, and the first answer counts', async () => {
    const bus = under()
    const arrivals: string[] = []
    const serve = (name: string, answer: () => Promise<BusMessage>) =>
      bus.serve(
        'cmd.all',
        (message) => {
          arrivals.push(`${name} ${String(message)}`)
          return answer()
        },
        { everyone: true },
      )
    await serve('frozen', () => new Promise(() => {}))
    await serve('stranger', async () => silence)
    await serve('owner', async () => 'mine')
    for (const nth of [1, 2, 3]) {
      await expect(bus.request('cmd.all', nth, timeoutMs)).resolves.toBe('mine')
    }
    await waitFor(() => arrivals.length === 9, { what: 'all requests at all servers' })
    expect(arrivals.filter((line) => line.startsWith('frozen'))).toEqual([
      'frozen 1',
      'frozen 2',
      'frozen 3',
    ])
  })

  test('a server that is silent leaves the asker waiting, one that knows of nobody does not', async () => {
    const bus = under()
    const leave = await bus.serve('cmd.all', async () => silence, { everyone: true })
    await expect(bus.request('cmd.all', 1, 50)).rejects.toThrow(BusTimeoutError)
    await bus.serve('cmd.all', async () => nobody, { everyone: true })
    await expect(bus.request('cmd.all', 1, timeoutMs)).rejects.toThrow(NoResponderError)
    leave()
    await expect(bus.request('cmd.all', 1, timeoutMs)).rejects.toThrow(NoResponderError)
  })

  test('a server may serve a pattern', async () => {
    const bus = under()
    await bus.serve('cmd.lot.*', async (message) => message)
    await expect(bus.request('cmd.lot.17', 'bid', timeoutMs)).resolves.toBe('bid')
    await expect(bus.request('cmd.sale.17', 'bid', timeoutMs)).rejects.toThrow(NoResponderError)
  })
}
