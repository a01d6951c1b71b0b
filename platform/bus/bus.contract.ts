// What every bus must do, whatever carries it. Adapters run this in their own test.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { waitFor } from '../testing/wait-for.ts'
import {
  type Bus,
  type BusMessage,
  BusTimeoutError,
  NoResponderError,
  RequestFailedError,
} from './bus.ts'
import { describeServers } from './bus-servers.contract.ts'

export interface BusUnderTest {
  readonly bus: Bus
  /** What listeners threw, as the adapter was told to report it. */
  readonly errors: unknown[]
  close(): Promise<void>
}

/** Generous: only a failing test waits for it. */
const timeoutMs = 10_000

/** Runs the suite against the bus that `make` makes anew for each test. */
export function describeBus(name: string, make: () => Promise<BusUnderTest>): void {
  describe(`${name} is a bus`, () => {
    let under: BusUnderTest
    beforeEach(async () => {
      under = await make()
    })
    afterEach(() => under.close())

    describePublishing(() => under)
    describeRequests(() => under)
    describeServers(() => under.bus)
  })
}

/** Hears `subject` into a list. */
async function heard(bus: Bus, subject: string): Promise<BusMessage[]> {
  const messages: BusMessage[] = []
  await bus.listen(subject, (message) => messages.push(message))
  return messages
}

/** Resolves when everything published before has been delivered: a last message has been heard. */
async function delivered(bus: Bus): Promise<void> {
  const arrivals = await heard(bus, 'contract.last')
  bus.publish('contract.last', 'last')
  await waitFor(() => arrivals.length === 1, { what: 'the last message' })
}

function describePublishing(under: () => BusUnderTest): void {
  test('a message reaches everyone who listens to its subject, and nobody else', async () => {
    const { bus } = under()
    const first = await heard(bus, 'evt.lot.1')
    const second = await heard(bus, 'evt.lot.1')
    const other = await heard(bus, 'evt.lot.2')
    bus.publish('evt.lot.1', { seq: 7, at: null, tags: ['a'] })
    await delivered(bus)
    expect(first).toEqual([{ seq: 7, at: null, tags: ['a'] }])
    expect(second).toEqual(first)
    expect(other).toEqual([])
  })

  test('values arrive as they were sent', async () => {
    const { bus } = under()
    const messages = await heard(bus, 'evt.lot.1')
    const sent = [
      { most: Number.MAX_SAFE_INTEGER, least: Number.MIN_SAFE_INTEGER, price: 12.5, none: 0 },
      { absent: undefined, nothing: null, list: [], object: {}, deep: [{ a: [{ b: [false] }] }] },
      { text: 'grüße 👋🏽 \u0000 "\\"', empty: '', 'a key': 1, ключ: 2 },
      'x'.repeat(300_000),
      Array.from({ length: 100 }, (_, at) => ({ at, even: at % 2 === 0 })),
      undefined,
    ]
    for (const message of sent) bus.publish('evt.lot.1', message)
    await delivered(bus)
    expect(messages).toEqual(sent)
  })

  test('messages arrive in the order in which they were published', async () => {
    const { bus } = under()
    const numbers = await heard(bus, 'evt.>')
    const sent = Array.from({ length: 200 }, (_, at) => at)
    for (const at of sent) bus.publish(`evt.lot.${at % 3}`, at)
    await delivered(bus)
    expect(numbers).toEqual(sent)
  })

  test('a listener is told the subject, and never from inside publish', async () => {
    const { bus } = under()
    const subjects: string[] = []
    await bus.listen('evt.user.*', (_message, subject) => subjects.push(subject))
    bus.publish('evt.user.ann', 1)
    expect(subjects).toEqual([])
    await delivered(bus)
    expect(subjects).toEqual(['evt.user.ann'])
  })

  test('"*" stands for one token, ">" for one or more', async () => {
    const { bus } = under()
    const one = await heard(bus, 'evt.*.ann')
    const rest = await heard(bus, 'evt.>')
    const wide = await heard(bus, 'evt.*.*')
    bus.publish('evt', 'a')
    bus.publish('evt.lot', 'b')
    bus.publish('evt.user.ann', 'c')
    bus.publish('evt.user.ann.more', 'd')
    await delivered(bus)
    expect(one).toEqual(['c'])
    expect(rest).toEqual(['b', 'c', 'd'])
    expect(wide).toEqual(['c'])
  })

  test('who has stopped listening hears nothing more, and may stop twice', async () => {
    const { bus } = under()
    const messages: BusMessage[] = []
    const unlisten = await bus.listen('evt.lot.1', (message) => messages.push(message))
    const others = await heard(bus, 'evt.lot.1')
    unlisten()
    unlisten()
    bus.publish('evt.lot.1', 'late')
    await delivered(bus)
    expect(messages).toEqual([])
    expect(others).toEqual(['late'])
  })

  test('who listens again hears again', async () => {
    const { bus } = under()
    const leave = await bus.listen('evt.lot.1', () => {})
    leave()
    const messages = await heard(bus, 'evt.lot.1')
    bus.publish('evt.lot.1', 1)
    await delivered(bus)
    expect(messages).toEqual([1])
  })

  test('what a listener publishes is heard, too', async () => {
    const { bus } = under()
    const replies = await heard(bus, 'evt.lot.2')
    await bus.listen('evt.lot.1', (message) => bus.publish('evt.lot.2', message))
    bus.publish('evt.lot.1', 'on')
    await waitFor(() => replies.length === 1)
    expect(replies).toEqual(['on'])
  })

  test('I16: a listener that throws is reported and costs nobody else a message', async () => {
    const { bus, errors } = under()
    await bus.listen('evt.lot.1', () => {
      throw new Error('a listener of the test fails')
    })
    const others = await heard(bus, 'evt.lot.1')
    bus.publish('evt.lot.1', 1)
    bus.publish('evt.lot.1', 2)
    await delivered(bus)
    expect(others).toEqual([1, 2])
    expect(errors.map(String)).toEqual(Array(2).fill('Error: a listener of the test fails'))
  })

  test('what has a dot too many or a wildcard in the wrong place is not listened to', async () => {
    const { bus } = under()
    for (const subject of ['', 'evt..lot', '.evt', 'evt.', 'evt.>.lot', 'evt.a*', 'evt lot']) {
      await expect(
        bus.listen(subject, () => {}),
        subject,
      ).rejects.toThrow(/not a subject/u)
      await expect(
        bus.serve(subject, async () => 1),
        subject,
      ).rejects.toThrow(/not a subject/u)
    }
  })
}

function describeRequests(under: () => BusUnderTest): void {
  test('a request gets the reply of whoever serves the subject', async () => {
    const { bus } = under()
    await bus.serve('cmd.lot.1', async (message) => ({ echo: message }))
    await expect(bus.request('cmd.lot.1', { amount: 5 }, timeoutMs)).resolves.toEqual({
      echo: { amount: 5 },
    })
  })

  test('requests reach a server in the order asked, many at once', async () => {
    const { bus } = under()
    const seen: BusMessage[] = []
    await bus.serve('cmd.lot.1', async (message) => {
      seen.push(message)
      return message
    })
    const asked = Array.from({ length: 100 }, (_, at) => at)
    const replies = await Promise.all(asked.map((at) => bus.request('cmd.lot.1', at, timeoutMs)))
    expect(replies).toEqual(asked)
    expect(seen).toEqual(asked)
  })

  test('each asker gets the reply to its own request, whichever is first', async () => {
    const { bus } = under()
    const waiting: (() => void)[] = []
    for (const lot of [1, 2, 3]) {
      await bus.serve(
        `cmd.lot.${lot}`,
        (message) =>
          new Promise((resolve) => waiting.push(() => resolve(`${lot}: ${String(message)}`))),
      )
    }
    const replies = Promise.all(
      Array.from({ length: 30 }, (_, at) => bus.request(`cmd.lot.${1 + (at % 3)}`, at, timeoutMs)),
    )
    await waitFor(() => waiting.length === 30)
    for (const answer of waiting.toReversed()) answer()
    expect(await replies).toEqual(Array.from({ length: 30 }, (_, at) => `${1 + (at % 3)}: ${at}`))
  })

  test('a server is never called from inside request', async () => {
    const { bus } = under()
    let calls = 0
    await bus.serve('cmd.lot.1', async () => {
      calls += 1
      return null
    })
    const reply = bus.request('cmd.lot.1', null, timeoutMs)
    expect(calls).toBe(0)
    await reply
    expect(calls).toBe(1)
  })

  test('where nobody serves, the asker knows at once', async () => {
    const { bus } = under()
    await expect(bus.request('cmd.lot.1', 1, timeoutMs)).rejects.toThrow(NoResponderError)
  })

  test('where the server has left, the asker knows at once', async () => {
    const { bus } = under()
    const leave = await bus.serve('cmd.lot.1', async () => 'here')
    await bus.request('cmd.lot.1', 1, timeoutMs)
    leave()
    leave()
    await waitFor(async () => {
      await expect(bus.request('cmd.lot.1', 1, timeoutMs)).rejects.toThrow(NoResponderError)
      return true
    })
  })

  test('a server that does not reply in time leaves the outcome unknown', async () => {
    const { bus } = under()
    await bus.serve('cmd.lot.1', () => new Promise(() => {}))
    await expect(bus.request('cmd.lot.1', 1, 20)).rejects.toThrow(BusTimeoutError)
  })

  test('a reply after the deadline is dropped, and the next request has its own', async () => {
    const { bus } = under()
    const replies: ((reply: BusMessage) => void)[] = []
    await bus.serve('cmd.lot.1', () => new Promise((resolve) => replies.push(resolve)))
    await expect(bus.request('cmd.lot.1', 1, 20)).rejects.toThrow(BusTimeoutError)
    const second = bus.request('cmd.lot.1', 2, timeoutMs)
    await waitFor(() => replies.length === 2)
    replies[0]?.('first')
    replies[1]?.('second')
    await expect(second).resolves.toBe('second')
  })

  test('a server that throws, at once or later, fails the request with its message', async () => {
    const { bus } = under()
    await bus.serve('cmd.lot.1', () => {
      throw new TypeError('at once')
    })
    await bus.serve('cmd.lot.2', async () => {
      throw new TypeError('later')
    })
    const atOnce = bus.request('cmd.lot.1', 1, timeoutMs)
    await expect(atOnce).rejects.toThrow(RequestFailedError)
    await expect(atOnce).rejects.toThrow('at once')
    const later = bus.request('cmd.lot.2', 1, timeoutMs)
    await expect(later).rejects.toThrow(RequestFailedError)
    await expect(later).rejects.toThrow('later')
  })

  test('a request that fails spoils none that was asked with it', async () => {
    const { bus } = under()
    await bus.serve('cmd.lot.1', async (message) => {
      if (message === 5) throw new Error('not five')
      return message
    })
    const asked = Array.from({ length: 10 }, (_, at) => bus.request('cmd.lot.1', at, timeoutMs))
    const outcomes = await Promise.allSettled(asked)
    expect(outcomes.map(({ status }) => status)).toEqual([
      ...Array(5).fill('fulfilled'),
      'rejected',
      ...Array(4).fill('fulfilled'),
    ])
  })
}
