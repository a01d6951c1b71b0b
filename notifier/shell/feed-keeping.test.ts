import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createLogger } from '../../platform/log.ts'
import { VirtualClock } from '../../platform/testing/virtual-clock.ts'
import {
  deviceMarksKeptMs,
  devicesKeptMs,
  feedErasurePeriodMs,
  feedKeepingPeriodMs,
  feedRowsPerPass,
  notificationsKeptMs,
} from '../limits.ts'
import type { FeedKeeping } from '../ports/feed-keeping.ts'
import { FeedKeeper } from './feed-keeping.ts'

const startMs = 400 * 24 * 3_600_000

/** What it was asked, and how many rows there are to go. */
class ScriptedKeeping implements FeedKeeping {
  readonly asked: string[] = []
  notifications = 0
  toErase: string[] = []
  piecesOfUser = 1
  fault: Error | undefined

  async forgetNotifications(beforeMs: number, limit: number): Promise<number> {
    this.#ask(`notifications before ${beforeMs - startMs}`)
    const gone = Math.min(this.notifications, limit)
    this.notifications -= gone
    return gone
  }

  async forgetDevices(beforeMs: number): Promise<number> {
    this.#ask(`devices before ${beforeMs - startMs}`)
    return 0
  }

  async forgetDeviceMarks(beforeMs: number): Promise<number> {
    this.#ask(`marks before ${beforeMs - startMs}`)
    return 0
  }

  async erasuresToDo(): Promise<readonly string[]> {
    return this.toErase
  }

  async erase(userId: string): Promise<boolean> {
    this.#ask(`erase ${userId}`)
    this.piecesOfUser -= 1
    if (this.piecesOfUser > 0) return false
    this.toErase = this.toErase.filter((other) => other !== userId)
    return true
  }

  #ask(what: string): void {
    this.asked.push(what)
    if (this.fault !== undefined) throw this.fault
  }
}

let clock: VirtualClock
let keeping: ScriptedKeeping
let keeper: FeedKeeper

beforeEach(async () => {
  clock = new VirtualClock(startMs)
  keeping = new ScriptedKeeping()
  keeper = new FeedKeeper({ keeping, clock, log: createLogger({ name: 'test', level: 'silent' }) })
  await keeper.start()
})
afterEach(async () => {
  await keeper.stop()
  expect(clock.pending).toBe(0)
})

describe('what has become old', () => {
  test('is looked for each ten minutes, each by its own age', async () => {
    await clock.advanceAsync(feedKeepingPeriodMs)
    expect(keeping.asked).toEqual([
      `notifications before ${feedKeepingPeriodMs - notificationsKeptMs}`,
      `devices before ${feedKeepingPeriodMs - devicesKeptMs}`,
      `marks before ${feedKeepingPeriodMs - deviceMarksKeptMs}`,
    ])
  })

  test('goes in passes, until one finds less than it may take', async () => {
    keeping.notifications = 2 * feedRowsPerPass + 1
    await clock.advanceAsync(feedKeepingPeriodMs)
    expect(keeping.notifications).toBe(0)
    expect(keeping.asked.filter((what) => what.startsWith('notifications'))).toHaveLength(3)
  })

  test('waits where the database is away, for the next time', async () => {
    keeping.fault = new Error('away')
    await clock.advanceAsync(feedKeepingPeriodMs)
    expect(keeping.asked).toHaveLength(1)
    keeping.fault = undefined
    await clock.advanceAsync(feedKeepingPeriodMs)
    expect(keeping.asked).toHaveLength(4)
  })
})

describe('users who are to be erased', () => {
  test('are erased piece by piece', async () => {
    keeping.toErase = ['ann', 'bob']
    keeping.piecesOfUser = 3
    await clock.advanceAsync(feedErasurePeriodMs)
    expect(keeping.asked).toEqual(['erase ann', 'erase ann', 'erase ann', 'erase bob'])
    expect(keeping.toErase).toEqual([])
  })

  test('are left to the next notifier by one that ends', async () => {
    keeping.toErase = ['ann']
    keeping.piecesOfUser = Number.POSITIVE_INFINITY
    clock.advance(feedErasurePeriodMs)
    await keeper.drain()
    expect(keeping.toErase).toEqual(['ann'])
  })
})
