// The bus on one NATS that stays; what happens when it goes is in nats-away.test.ts.
import { connect, ErrorCode, type NatsConnection } from 'nats'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { codeOf } from '../failure.ts'
import { NatsServer } from '../servers/nats-server.ts'
import { type NatsBusUnderTest, natsBusUnderTest } from '../testing/nats-bus-under-test.ts'
import { VirtualClock } from '../testing/virtual-clock.ts'
import { waitFor } from '../testing/wait-for.ts'
import { describeBus } from './bus.contract.ts'
import {
  BusTimeoutError,
  MessageTooLargeError,
  NoResponderError,
  nobody,
  RequestFailedError,
  silence,
} from './bus.ts'
import type { NatsBusOptions } from './nats-bus.ts'

const timeoutMs = 10_000
let server: NatsServer
/** Sees everything that is said on the NATS of these tests. */
let tap: NatsConnection
let clusters = 0
let prefix: string

beforeAll(async () => {
  server = await NatsServer.start({ payloadBytesMax: 400_000 })
  tap = await connect({ servers: server.url })
})
afterAll(async () => {
  await tap.close()
  await server.stop()
})
beforeEach(() => {
  clusters += 1
  prefix = `cluster-${clusters}`
})

const running: NatsBusUnderTest[] = []
afterEach(async () => {
  for (const { bus } of running.splice(0)) await bus.stop()
})

async function started(options: Partial<NatsBusOptions> = {}): Promise<NatsBusUnderTest> {
  const under = natsBusUnderTest(server.url, { prefix, ...options })
  running.push(under)
  await under.bus.start()
  return under
}

for (const togetherMax of [1, 256]) {
  describeBus(`the bus on NATS, ${togetherMax} to a message,`, async () => {
    const { bus, errors } = await started({ togetherMax })
    return { bus, errors, close: async () => {} }
  })
}

/** The subjects of what is said in this test's cluster, replies under one name. */
async function tapped(): Promise<string[]> {
  const subjects: string[] = []
  tap.subscribe(`${prefix}.>`, {
    callback: (_error, { subject }) => {
      subjects.push(subject.slice(prefix.length + 1).replace(/^reply\..*/u, 'reply'))
    },
  })
  await tap.flush()
  return subjects
}

/** Whether anybody at all is subscribed to the subject. */
async function isHeard(subject: string): Promise<boolean> {
  try {
    await tap.request(`${prefix}.${subject}`, '', { timeout: 20 })
    return true
  } catch (error) {
    return codeOf(error) !== ErrorCode.NoResponders
  }
}

describe('requests of one turn', () => {
  test('travel to one subject in one message, and so do their replies', async () => {
    const asker = await started()
    const { bus } = await started()
    await bus.serve('cmd.lot.1', async (message) => message)
    await bus.serve('cmd.lot.2', async (message) => message)
    const said = await tapped()
    const asked = Array.from({ length: 100 }, (_, at) => at)
    const replies = await Promise.all(
      asked.map((at) => asker.bus.request(`cmd.lot.${1 + (at % 2)}`, at, timeoutMs)),
    )
    expect(replies).toEqual(asked)
    await waitFor(() => said.includes('reply'))
    expect(said.filter((subject) => subject.startsWith('cmd')).toSorted()).toEqual([
      'cmd.lot.1',
      'cmd.lot.2',
    ])
    expect(said.filter((subject) => subject === 'reply').length).toBeLessThanOrEqual(2)
    expect(await asker.counted('outcry_bus_requests_per_message')).toBeGreaterThan(0)
  })

  test('travel in more messages than one where they are too many', async () => {
    const { bus } = await started({ togetherMax: 10 })
    await bus.serve('cmd.lot.1', async (message) => message)
    const said = await tapped()
    const asked = Array.from({ length: 25 }, (_, at) => at)
    expect(await Promise.all(asked.map((at) => bus.request('cmd.lot.1', at, timeoutMs)))).toEqual(
      asked,
    )
    await waitFor(() => said.filter((subject) => subject === 'reply').length >= 3)
    expect(said.filter((subject) => subject === 'cmd.lot.1')).toHaveLength(3)
  })

  test('travel apart where together they are larger than NATS takes', async () => {
    const { bus } = await started()
    await bus.serve('cmd.lot.1', async (message) => message)
    const asked = Array.from({ length: 40 }, (_, at) => `${at} ${'x'.repeat(30_000)}`)
    expect(
      await Promise.all(asked.map((text) => bus.request('cmd.lot.1', text, timeoutMs))),
    ).toEqual(asked)
  })

  test('where nobody serves, all know at once', async () => {
    const { bus } = await started()
    const asked = Array.from({ length: 20 }, (_, at) => bus.request('cmd.lot.1', at, timeoutMs))
    for (const reply of asked) await expect(reply).rejects.toThrow(NoResponderError)
  })

  test('one that is no plain data fails alone', async () => {
    const { bus } = await started()
    await bus.serve('cmd.lot.1', async (message) => message)
    const good = bus.request('cmd.lot.1', 'good', timeoutMs)
    const bad = bus.request('cmd.lot.1', Symbol('bad'), timeoutMs)
    await expect(bad).rejects.toThrow(/symbol/iu)
    await expect(good).resolves.toBe('good')
  })

  test('that find their server gone when they come learn at once that nobody is there', async () => {
    const { bus } = await started()
    const leave = await bus.serve('cmd.lot.1', async (message) => {
      leave()
      return message
    })
    const [first, second] = [1, 2].map((at) => bus.request('cmd.lot.1', at, timeoutMs))
    await expect(second).rejects.toThrow(NoResponderError)
    await expect(first).resolves.toBe(1)
  })
})

describe('a server that leaves where everyone serves', () => {
  test('is asked what was on its way to it, and says nothing that others could deny', async () => {
    const { bus } = await started()
    const answers: unknown[] = ['answered', nobody, silence]
    const leave = await bus.serve(
      'cmd.lot.1',
      async () => {
        leave()
        return answers.shift()
      },
      { everyone: true },
    )
    const [first, second, third] = [timeoutMs, timeoutMs, 500].map((waitMs) =>
      bus.request('cmd.lot.1', null, waitMs),
    )
    const silent = expect(third).rejects.toThrow(BusTimeoutError)
    await expect(second).rejects.toThrow(NoResponderError)
    await expect(first).resolves.toBe('answered')
    await silent
  })
})

describe('what is larger than NATS takes', () => {
  const large = 'x'.repeat(500_000)

  test('fails a request with a clear error', async () => {
    const { bus } = await started()
    await bus.serve('cmd.lot.1', async () => 'never')
    const small = bus.request('cmd.lot.1', 'small', timeoutMs)
    const attempt = bus.request('cmd.lot.1', large, timeoutMs)
    await expect(attempt).rejects.toThrow(MessageTooLargeError)
    await expect(attempt).rejects.toThrow(/cmd\.lot\.1 has 5\d{5} bytes, and NATS takes 400000/u)
    await expect(small).resolves.toBe('never')
  })

  test('as a reply fails its request and no other', async () => {
    const { bus } = await started()
    await bus.serve('cmd.lot.1', async (message) => (message === 'much' ? large : message))
    const [much, little] = [
      bus.request('cmd.lot.1', 'much', timeoutMs),
      bus.request('cmd.lot.1', 'little', timeoutMs),
    ]
    await expect(much).rejects.toThrow(RequestFailedError)
    await expect(much).rejects.toThrow(/the reply cannot be sent: it is larger than NATS takes/u)
    await expect(little).resolves.toBe('little')
  })

  test('is dropped, counted and logged when published, and the next message flows', async () => {
    const { bus, lines, counted } = await started()
    const heard: unknown[] = []
    await bus.listen('evt.lot.1', (message) => heard.push(message))
    bus.publish('evt.lot.1', large)
    bus.publish('evt.lot.1', 'small')
    await waitFor(() => heard.length > 0)
    expect(heard).toEqual(['small'])
    expect(await counted('outcry_bus_dropped_total', { reason: 'too_large' })).toBe(1)
    expect(lines.filter(({ level }) => level === 'error')).toMatchObject([
      { msg: 'a message is larger than NATS takes', subject: 'evt.lot.1' },
    ])
  })
})

describe('what is no message of this bus', () => {
  test('I16: is counted and dropped, whether published, asked or replied', async () => {
    const { bus, counted } = await started()
    const unreadable = () => counted('outcry_bus_dropped_total', { reason: 'unreadable' })
    const heard: unknown[] = []
    await bus.listen('evt.>', (message) => heard.push(message))
    await bus.serve('cmd.lot.1', async (message) => message)
    let inbox = ''
    tap.subscribe(`${prefix}.cmd.lot.1`, {
      callback: (_error, { reply }) => {
        inbox = reply?.replace(/\.[^.]*$/u, '') ?? ''
      },
    })
    await tap.flush()
    await bus.request('cmd.lot.1', 1, timeoutMs)
    await waitFor(() => inbox !== '')
    const junk = new Uint8Array([0xc1, 0xff, 0x00])
    tap.publish(`${prefix}.evt.lot.1`, junk)
    tap.publish(`${prefix}.cmd.lot.1`, junk)
    tap.publish(`${prefix}.cmd.lot.1`, junk, { reply: `${inbox}.7-1` })
    tap.publish(`${inbox}.replies`, junk)
    tap.publish(`${inbox}.7-1`, junk)
    await waitFor(async () => (await unreadable()) >= 4)
    bus.publish('evt.lot.1', 'good')
    await waitFor(() => heard.length > 0)
    expect(heard).toEqual(['good'])
    await expect(bus.request('cmd.lot.1', 2, timeoutMs)).resolves.toBe(2)
    expect(await unreadable()).toBe(4)
  })
})

describe('two clusters on one NATS', () => {
  test('hear and serve nothing of each other', async () => {
    const here = await started()
    const there = await started({ prefix: `${prefix}-other` })
    const heard: unknown[] = []
    await there.bus.listen('>', (message) => heard.push(message))
    await there.bus.serve('cmd.>', async () => 'there')
    here.bus.publish('evt.lot.1', 'here')
    await expect(here.bus.request('cmd.lot.1', 1, timeoutMs)).rejects.toThrow(NoResponderError)
    there.bus.publish('evt.lot.1', 'there')
    await waitFor(() => heard.length > 0)
    expect(heard).toEqual(['there'])
  })
})

describe('interest', () => {
  test('lasts as long as somebody listens, and a little longer', async () => {
    const clock = new VirtualClock()
    const { bus } = await started({ clock, lingerMs: 5_000 })
    expect(await isHeard('evt.lot.1')).toBe(false)
    const leave = await bus.listen('evt.lot.1', () => {})
    const leaveToo = await bus.listen('evt.lot.1', () => {})
    leave()
    await clock.advanceAsync(60_000)
    expect(await isHeard('evt.lot.1')).toBe(true)
    leaveToo()
    await clock.advanceAsync(4_000)
    expect(await isHeard('evt.lot.1')).toBe(true)
    const back = await bus.listen('evt.lot.1', () => {})
    await clock.advanceAsync(60_000)
    expect(await isHeard('evt.lot.1')).toBe(true)
    back()
    await clock.advanceAsync(5_000)
    await waitFor(async () => !(await isHeard('evt.lot.1')))
  })

  test('of a thousand channels at once is one question to NATS each turn', async () => {
    const { bus } = await started()
    const heard: string[] = []
    await Promise.all(
      Array.from({ length: 1_000 }, (_, at) =>
        bus.listen(`evt.user.${at}`, (_message, subject) => heard.push(subject)),
      ),
    )
    for (const at of [0, 500, 999]) bus.publish(`evt.user.${at}`, at)
    await waitFor(() => heard.length === 3)
    expect(heard).toEqual(['evt.user.0', 'evt.user.500', 'evt.user.999'])
  })
})
