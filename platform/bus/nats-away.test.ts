// The bus while NATS comes, goes and does not want to: each test has a server of its own.
import { once } from 'node:events'
import { createServer } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { Failure } from '../failure.ts'
import { NatsServer, type NatsServerOptions } from '../servers/nats-server.ts'
import { type NatsBusUnderTest, natsBusUnderTest } from '../testing/nats-bus-under-test.ts'
import { waitFor } from '../testing/wait-for.ts'
import { BusTimeoutError, NoResponderError } from './bus.ts'
import type { NatsBusOptions } from './nats-bus.ts'

const timeoutMs = 10_000
const ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end()
})

async function startServer(options?: NatsServerOptions): Promise<NatsServer> {
  const server = await NatsServer.start(options)
  ends.push(() => server.stop())
  return server
}

async function started(url: string, options?: Partial<NatsBusOptions>): Promise<NatsBusUnderTest> {
  const under = natsBusUnderTest(url, options)
  ends.push(() => under.bus.stop())
  await under.bus.start()
  return under
}

const warnings = ({ lines }: NatsBusUnderTest) =>
  lines.filter(({ level }) => level === 'warn').map(({ msg }) => msg)
const said = ({ lines }: NatsBusUnderTest, text: string) =>
  lines.filter(({ msg }) => msg.includes(text)).length
const away = (under: NatsBusUnderTest) =>
  under.counted('outcry_bus_dropped_total', { reason: 'away' })

describe('NATS killed and started again', () => {
  test('subscriptions live again, publications and requests flow, and it is said once', async () => {
    const server = await startServer()
    let returns = 0
    const under = await started(server.url, { onReturn: () => (returns += 1) })
    const other = await started(server.url)
    const heard: unknown[] = []
    await under.bus.listen('evt.lot.*', (message) => heard.push(message))
    await under.bus.serve('cmd.lot.1', async (message) => message)
    await server.kill()
    await waitFor(() => !under.bus.ready() && !other.bus.ready())
    await server.startAgain()
    await waitFor(() => under.bus.ready() && other.bus.ready())
    other.bus.publish('evt.lot.1', 'again')
    await waitFor(() => heard.length > 0)
    expect(heard).toEqual(['again'])
    await expect(other.bus.request('cmd.lot.1', 5, timeoutMs)).resolves.toBe(5)
    expect(returns).toBe(1)
    expect(said(under, 'NATS is away')).toBe(1)
    expect(said(under, 'NATS is back')).toBe(1)
    expect(await under.counted('outcry_bus_connections_lost_total')).toBe(1)
  })

  test('what is published meanwhile is dropped and counted, what is asked fails at once', async () => {
    const server = await startServer()
    const under = await started(server.url)
    await under.bus.serve('cmd.lot.1', async (message) => message)
    await server.kill()
    await waitFor(() => !under.bus.ready())
    for (let seq = 0; seq < 1_000; seq += 1) {
      expect(under.bus.publish('evt.lot.1', { seq })).toBe(false)
    }
    expect(await away(under)).toBe(1_000)
    await expect(under.bus.request('cmd.lot.1', 1, timeoutMs)).rejects.toThrow(NoResponderError)
    await expect(under.bus.request('cmd.lot.1', 1, timeoutMs)).rejects.toThrow(/NATS is away/u)
  })

  test('what was asked before it went is unknown when its time is over', async () => {
    const server = await startServer()
    const { bus } = await started(server.url)
    let asked = 0
    await bus.serve('cmd.lot.1', () => {
      asked += 1
      return new Promise(() => {})
    })
    const reply = bus.request('cmd.lot.1', 1, 500)
    reply.catch(() => {})
    await waitFor(() => asked === 1)
    await server.kill()
    await expect(reply).rejects.toThrow(BusTimeoutError)
  })

  test('who begins to listen meanwhile hears from the moment it is back', async () => {
    const server = await startServer()
    const { bus } = await started(server.url)
    await server.kill()
    await waitFor(() => !bus.ready())
    const heard: unknown[] = []
    let isListening = false
    const listening = (async () => {
      await bus.listen('evt.lot.1', (message) => heard.push(message))
      isListening = true
    })()
    const serving = bus.serve('cmd.lot.1', async () => 'served')
    await server.startAgain()
    expect(isListening).toBe(false)
    await Promise.all([listening, serving])
    bus.publish('evt.lot.1', 'first')
    await waitFor(() => heard.length > 0)
    await expect(bus.request('cmd.lot.1', 1, timeoutMs)).resolves.toBe('served')
  })

  test('who stopped listening meanwhile hears nothing afterwards', async () => {
    const server = await startServer()
    const { bus } = await started(server.url, { lingerMs: 0 })
    const heard: unknown[] = []
    const leave = await bus.listen('evt.lot.1', (message) => heard.push(message))
    const leaveDesk = await bus.serve('cmd.lot.1', async () => 'served')
    await server.kill()
    await waitFor(() => !bus.ready())
    leave()
    leaveDesk()
    await server.startAgain()
    await waitFor(() => bus.ready())
    await expect(bus.request('cmd.lot.1', 1, timeoutMs)).rejects.toThrow(NoResponderError)
    const others: unknown[] = []
    await bus.listen('evt.lot.1', (message) => others.push(message))
    bus.publish('evt.lot.1', 1)
    await waitFor(() => others.length > 0)
    expect(heard).toEqual([])
  })
})

describe('NATS that hangs', () => {
  test('is noticed by its silence, and is back when it answers again', async () => {
    const server = await startServer()
    const under = await started(server.url, { pingIntervalMs: 50 })
    server.freeze()
    await waitFor(() => !under.bus.ready())
    server.thaw()
    await waitFor(() => under.bus.ready())
    const heard: unknown[] = []
    await under.bus.listen('evt.lot.1', (message) => heard.push(message))
    under.bus.publish('evt.lot.1', 1)
    await waitFor(() => heard.length > 0)
  })

  test('is sent only so much, and the rest is dropped and counted', async () => {
    const server = await startServer()
    const under = await started(server.url)
    const backedUp = () => under.counted('outcry_bus_dropped_total', { reason: 'backed_up' })
    server.freeze()
    const megabyte = 'x'.repeat(1_000_000)
    for (let at = 0; at < 30; at += 1) under.bus.publish('evt.lot.1', megabyte)
    expect(await backedUp()).toBeGreaterThan(5)
    expect(await under.counted('outcry_bus_unconfirmed_bytes')).toBeLessThan(20_000_000)
    await expect(under.bus.request('cmd.lot.1', 1, timeoutMs)).rejects.toThrow(/does not keep up/u)
    server.thaw()
    await waitFor(async () => (await under.counted('outcry_bus_unconfirmed_bytes')) < 1_000_000)
    const before = await backedUp()
    under.bus.publish('evt.lot.1', 'flows again')
    expect(await backedUp()).toBe(before)
  })
})

describe('a NATS that is not there at the start', () => {
  test('is said once, with what to do, and used when it comes', async () => {
    const server = await startServer()
    await server.kill()
    const under = await started(server.url)
    expect(under.bus.ready()).toBe(false)
    const listening = under.bus.listen('evt.lot.1', () => {})
    await expect(under.bus.request('cmd.lot.1', 1, timeoutMs)).rejects.toThrow(NoResponderError)
    await server.startAgain()
    await listening
    expect(under.bus.ready()).toBe(true)
    expect(warnings(under)).toEqual([
      `NATS cannot be reached at 127.0.0.1:${server.port}: nothing listens there. Trying again until it works.`,
    ])
    expect(under.lines.find(({ level }) => level === 'warn')?.hint).toMatch(/nats-server/u)
    expect(said(under, 'connected to NATS')).toBe(1)
  })

  test('does not matter where another of its cluster is', async () => {
    const gone = await startServer()
    await gone.kill()
    const server = await startServer()
    const { bus } = await started(gone.url, { servers: [gone.url, server.url] })
    expect(bus.ready()).toBe(true)
  })

  test('keeps nobody from stopping, and who waits to listen is told', async () => {
    const server = await startServer()
    await server.kill()
    const { bus } = await started(server.url)
    const listening = bus.listen('evt.lot.1', () => {})
    const serving = bus.serve('cmd.lot.1', async () => 1)
    listening.catch(() => {})
    serving.catch(() => {})
    await bus.drain(AbortSignal.timeout(timeoutMs))
    await bus.stop()
    await bus.stop()
    await expect(listening).rejects.toThrow('the bus has stopped')
    await expect(serving).rejects.toThrow('the bus has stopped')
    await expect(bus.request('cmd.lot.1', 1, timeoutMs)).rejects.toThrow(NoResponderError)
  })
})

describe('a bus that is given up', () => {
  test('lets go of whoever waits for NATS, then and later', async () => {
    const server = await startServer()
    await server.kill()
    const { bus } = await started(server.url)
    const listening = bus.listen('evt.lot.1', () => {})
    listening.catch(() => {})
    bus.giveUp?.()
    await expect(listening).rejects.toThrow('nobody waits for it any more')
    await expect(bus.serve('cmd.lot.1', async () => 1)).rejects.toThrow('nobody waits')
  })

  test('hears and is heard where NATS comes after all', async () => {
    const server = await startServer()
    await server.kill()
    const { bus } = await started(server.url)
    bus.giveUp?.()
    await server.startAgain()
    await waitFor(() => bus.ready())
    await bus.serve('cmd.lot.1', async () => 'served')
    expect(await bus.request('cmd.lot.1', 1, timeoutMs)).toBe('served')
  })

  test('goes on while NATS is there, and waits no more once it has gone', async () => {
    const server = await startServer()
    const { bus } = await started(server.url)
    bus.giveUp?.()
    await bus.serve('cmd.lot.1', async () => 'served')
    expect(await bus.request('cmd.lot.1', 1, timeoutMs)).toBe('served')
    await server.kill()
    await waitFor(() => !bus.ready())
    await expect(bus.listen('evt.lot.1', () => {})).rejects.toThrow('nobody waits')
  })
})

describe('a NATS that refuses', () => {
  const user = { name: 'outcry', password: 'right-canary' }
  const withPassword = (server: NatsServer, password: string) =>
    server.url.replace('//', `//${user.name}:${password}@`)

  test('lets in who has the right credentials', async () => {
    const server = await startServer({ user })
    const { bus } = await started(withPassword(server, user.password))
    expect(bus.ready()).toBe(true)
  })

  test('wrong credentials are said once, without them, until they are put right', async () => {
    const server = await startServer({ user })
    const under = await started(withPassword(server, 'wrong-canary'))
    expect(under.bus.ready()).toBe(false)
    await server.kill()
    await server.startAgain({ user: { ...user, password: 'wrong-canary' } })
    await waitFor(() => under.bus.ready())
    expect(warnings(under)).toContain(
      `NATS at 127.0.0.1:${server.port} refuses the credentials it was given. Trying again until it works.`,
    )
    expect(said(under, 'refuses')).toBe(1)
    expect(JSON.stringify(under.lines)).not.toContain('canary')
  })

  test('credentials that are wrong after a restart are said once, and tried for ever', async () => {
    const server = await startServer({ user })
    const under = await started(withPassword(server, user.password))
    await server.kill()
    await server.startAgain({ user: { ...user, password: 'changed' } })
    await waitFor(() => said(under, 'refuses the credentials') === 1)
    await server.kill()
    await server.startAgain({ user })
    await waitFor(() => under.bus.ready())
    expect(said(under, 'refuses the credentials')).toBe(1)
  })

  test('a subject that is forbidden cannot be listened to nor served, in one clear sentence', async () => {
    const server = await startServer({ user, denied: 'test.secret.>' })
    const under = await started(withPassword(server, user.password))
    const { bus } = under
    const listening = bus.listen('secret.lot', () => {})
    await expect(listening).rejects.toThrow(Failure)
    await expect(listening).rejects.toThrow(
      /does not let this process listen to test\.secret\.lot/u,
    )
    await expect(bus.serve('secret.lot', async () => 1)).rejects.toThrow(/serve test\.secret\.lot/u)
    await bus.listen('open.lot', () => {})
    for (let seq = 0; seq < 10; seq += 1) bus.publish('secret.sale', seq)
    const forbidden = 'NATS forbids this process a publish on test.secret.sale.'
    await waitFor(() => said(under, forbidden) > 0)
    await bus.listen('open.sale', () => {})
    expect(said(under, forbidden)).toBe(1)
  })

  test('one that is too old is said once', async () => {
    const old = createServer((socket) => {
      socket.on('error', () => {})
      socket.write(
        'INFO {"server_id":"x","version":"2.8.4","max_payload":1048576,"headers":true}\r\n',
      )
      socket.on('data', (bytes) => {
        if (bytes.includes('PING')) socket.write('PONG\r\n')
      })
    }).listen(0, '127.0.0.1')
    await once(old, 'listening')
    ends.push(async () => {
      old.close()
      await once(old, 'close')
    })
    const address = old.address()
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0
    const under = await started(`nats://127.0.0.1:${port}`)
    expect(under.bus.ready()).toBe(false)
    expect(warnings(under)).toEqual([
      `NATS at 127.0.0.1:${port} is version 2.8.4, which is too old. Trying again until it works.`,
    ])
  })
})

describe('the end of the bus', () => {
  test('what was begun in the last turn is sent before it stops', async () => {
    const server = await startServer()
    const leaving = await started(server.url)
    const staying = await started(server.url)
    const heard: unknown[] = []
    const asked: unknown[] = []
    await staying.bus.listen('evt.lot.1', (message) => heard.push(message))
    await staying.bus.serve('cmd.lot.1', async (message) => asked.push(message))
    leaving.bus.publish('evt.lot.1', 'last words')
    const reply = leaving.bus.request('cmd.lot.1', 'last wish', timeoutMs)
    reply.catch(() => {})
    await leaving.bus.drain(AbortSignal.timeout(timeoutMs))
    await leaving.bus.stop()
    await waitFor(() => heard.length === 1 && asked.length === 1)
    expect([heard, asked]).toEqual([['last words'], ['last wish']])
    expect(leaving.bus.ready()).toBe(false)
  })
})
