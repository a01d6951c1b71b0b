import { describe, expect, test } from 'vitest'
import { VirtualClock } from '../testing/virtual-clock.ts'
import { describeBus } from './bus.contract.ts'
import { BusTimeoutError, NoResponderError } from './bus.ts'
import { createInProcessBus } from './in-process-bus.ts'

for (const copy of [false, true]) {
  describeBus(`the in-process bus, ${copy ? 'copying' : 'by reference'},`, async () => {
    const errors: unknown[] = []
    const bus = createInProcessBus({ copy, onError: (error) => errors.push(error) })
    return { bus, errors, close: async () => {} }
  })
}

/** One whole turn of the event loop. */
const turn = () => new Promise((resolve) => setImmediate(resolve))

describe('the in-process bus', () => {
  test('what handlers publish waits for the next turn, so sockets and timers have theirs', async () => {
    const bus = createInProcessBus()
    let exchanges = 0
    await bus.listen('ping', () => {
      exchanges += 1
      bus.publish('ping', null)
    })
    bus.publish('ping', null)
    await turn()
    const after = exchanges
    await turn()
    expect(exchanges).toBeGreaterThan(0)
    expect(exchanges - after).toBeLessThanOrEqual(2)
  })

  test('who leaves between publication and delivery hears nothing', async () => {
    const bus = createInProcessBus()
    let calls = 0
    const unlisten = await bus.listen('evt', () => {
      calls += 1
    })
    bus.publish('evt', null)
    unlisten()
    await turn()
    expect(calls).toBe(0)
  })

  test('a server that leaves between request and delivery is not asked', async () => {
    const bus = createInProcessBus()
    const leave = await bus.serve('cmd', async () => 'here')
    const reply = bus.request('cmd', null, 1_000)
    leave()
    await expect(reply).rejects.toThrow(NoResponderError)
  })

  test('requests expire by the clock, each at its own deadline', async () => {
    const clock = new VirtualClock()
    const bus = createInProcessBus({ clock })
    await bus.serve('cmd', () => new Promise(() => {}))
    const expired: string[] = []
    const ask = (name: string, timeoutMs: number) =>
      bus.request('cmd', null, timeoutMs).catch((error: unknown) => {
        expect(error).toBeInstanceOf(BusTimeoutError)
        expired.push(`${name} at ${clock.nowMs() - startMs}`)
      })
    const startMs = clock.nowMs()
    void ask('a', 100)
    await clock.advanceAsync(40)
    void ask('b', 100)
    void ask('c', 50)
    await clock.advanceAsync(1_000)
    expect(expired).toEqual(['c at 90', 'a at 100', 'b at 140'])
    expect(clock.pending).toBe(0)
  })

  test('the failure of a server whose asker has given up is reported', async () => {
    const clock = new VirtualClock()
    const reported: string[] = []
    const bus = createInProcessBus({
      clock,
      onError: (error, subject) => reported.push(`${subject}: ${String(error)}`),
    })
    const failing: ((error: Error) => void)[] = []
    await bus.serve(
      'cmd',
      () =>
        new Promise((_resolve, reject) => {
          failing.push(reject)
        }),
    )
    const reply = bus.request('cmd', null, 10)
    reply.catch(() => {})
    await clock.advanceAsync(20)
    await expect(reply).rejects.toThrow(BusTimeoutError)
    failing[0]?.(new Error('too late'))
    await turn()
    expect(reported).toEqual(['cmd: Error: too late'])
  })

  test('a report that itself throws does not keep the turn from the others', async () => {
    const faults: unknown[] = []
    const bus = createInProcessBus({
      onError: () => {
        throw new Error('the report of the test fails')
      },
    })
    const heard: unknown[] = []
    await bus.listen('evt', () => {
      throw new Error('a listener of the test fails')
    })
    await bus.listen('evt', (message) => heard.push(message))
    await withUncaughtInto(faults, async () => {
      bus.publish('evt', 1)
      await turn()
    })
    expect(heard).toEqual([1])
    expect(faults.map(String)).toEqual(['Error: the report of the test fails'])
  })
})

/** Runs `action` with the process's uncaught exceptions gathered instead of failing the test run. */
async function withUncaughtInto(faults: unknown[], action: () => Promise<void>): Promise<void> {
  const others = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  process.on('uncaughtException', (fault) => faults.push(fault))
  try {
    await action()
  } finally {
    process.removeAllListeners('uncaughtException')
    for (const other of others) process.on('uncaughtException', other)
  }
}

describe('the copying in-process bus', () => {
  test('throws at whoever publishes what is no plain data, naming the place', () => {
    const bus = createInProcessBus({ copy: true })
    class Money {
      readonly minor = 5
    }
    const bad: [unknown, RegExp][] = [
      [{ at: new Date(0) }, /message\.at is a Date/u],
      [{ price: [new Money()] }, /message\.price\[0\] is a Money/u],
      [() => 1, /message is a function/u],
      [{ n: Number.NaN }, /message\.n is no finite number/u],
      [new Map(), /message is a Map/u],
      [{ n: 1n }, /message\.n is a bigint/u],
    ]
    for (const [message, says] of bad) expect(() => bus.publish('evt', message)).toThrow(says)
  })

  test('throws at whoever publishes on a pattern', () => {
    const bus = createInProcessBus({ copy: true })
    expect(() => bus.publish('evt.*', 1)).toThrow(/not a subject/u)
  })

  test('a receiver that changes its message fails, and the sender keeps its own', async () => {
    const errors: unknown[] = []
    const bus = createInProcessBus({ copy: true, onError: (error) => errors.push(error) })
    const message = { bids: [1] }
    await bus.listen('evt', (heard) => (heard as { bids: number[] }).bids.push(2))
    bus.publish('evt', message)
    message.bids.push(3)
    await turn()
    expect(errors).toEqual([expect.any(TypeError)])
    expect(message.bids).toEqual([1, 3])
  })

  test('a reply that is no plain data fails the request', async () => {
    const bus = createInProcessBus({ copy: true })
    await bus.serve('cmd', async () => new Date(0))
    await expect(bus.request('cmd', null, 1_000)).rejects.toThrow(/is a Date/u)
  })
})
