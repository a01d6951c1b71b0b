import {
  array,
  assert as assertProperty,
  asyncProperty,
  constantFrom,
  integer,
  nat,
  oneof,
  record,
} from 'fast-check'
import { expect, test } from 'vitest'
import type { ConnectionCounts } from '../../platform/connections/connection-counts.ts'
import { createMemoryConnectionCounts } from '../../platform/connections/memory-connection-counts.ts'
import { Claims } from './claims.ts'

const keys = ['ann', 'bob'] as const

/** Counts far away: each claim is decided, and each decision arrives, when the test says so. */
class FarCounts implements ConnectionCounts {
  readonly #near = createMemoryConnectionCounts()
  readonly #steps: (() => void)[] = []

  async enter(key: string, max: number): Promise<boolean> {
    await this.#toBeContinued()
    const isLetIn = await this.#near.enter(key, max)
    await this.#toBeContinued()
    return isLetIn
  }

  add(key: string): void {
    this.#near.add(key)
  }

  leave(key: string): void {
    this.#near.leave(key)
  }

  held(asked: readonly string[]): Promise<readonly number[]> {
    return this.#near.held(asked)
  }

  /** Continues one of the claims that are under way; false where there is none. */
  async continue(nth: number): Promise<boolean> {
    const [step] = this.#steps.splice(nth % Math.max(1, this.#steps.length), 1)
    step?.()
    // All that follows from it at once is microtasks.
    await new Promise(setImmediate)
    return step !== undefined
  }

  #toBeContinued(): Promise<void> {
    return new Promise((go) => {
      this.#steps.push(go)
    })
  }
}

interface TestSocket {
  readonly key: string
  isOpen: boolean
  isLetIn: boolean
}

async function enter(claims: Claims<TestSocket>, socket: TestSocket): Promise<void> {
  socket.isLetIn = await claims.claim(socket.key, socket)
}

const happenings = array(
  oneof(
    record({ happens: constantFrom('opens' as const), key: constantFrom(...keys) }),
    record({ happens: constantFrom('closes' as const), nth: nat(3) }),
    record({ happens: constantFrom('goes_on' as const), nth: nat(5) }),
  ),
  { maxLength: 60 },
)

test('in whatever order sockets come and go while their claims are under way, those let in are counted', async () => {
  await assertProperty(
    asyncProperty(happenings, integer({ min: 1, max: 3 }), async (all, max) => {
      const counts = new FarCounts()
      const claims = new Claims<TestSocket>(counts, max)
      const sockets: TestSocket[] = []
      const close = (socket: TestSocket): void => {
        if (socket.isOpen) claims.release(socket.key, socket)
        socket.isOpen = false
      }
      for (const it of all) {
        if (it.happens === 'goes_on') await counts.continue(it.nth)
        else if (it.happens === 'closes')
          sockets
            .slice(-1 - it.nth)
            .slice(0, 1)
            .forEach(close)
        else {
          const socket = { key: it.key, isOpen: true, isLetIn: false }
          sockets.push(socket)
          void enter(claims, socket)
        }
      }
      while (await counts.continue(0));
      const here = (key: string) =>
        sockets.filter((socket) => socket.key === key && socket.isOpen && socket.isLetIn).length
      expect(await counts.held(keys)).toEqual(keys.map(here))
      expect(Math.max(...keys.map(here))).toBeLessThanOrEqual(max)
      sockets.forEach(close)
      expect(await counts.held(keys)).toEqual([0, 0])
    }),
  )
})

test('without a bound nothing is counted', async () => {
  const counts = createMemoryConnectionCounts()
  const claims = new Claims(counts, Infinity)
  const socket = {}
  expect(claims.claim('ann', socket)).toBe(true)
  expect(await counts.held(['ann'])).toEqual([0])
  counts.add('ann')
  claims.release('ann', socket)
  expect(await counts.held(['ann'])).toEqual([1])
})
