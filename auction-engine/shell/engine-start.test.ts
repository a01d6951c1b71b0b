// An engine that starts while its store is away: it waits, says so once, and can be told to end.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { AssertionError } from '../../platform/assert.ts'
import { createLogger } from '../../platform/log.ts'
import { settled } from '../../platform/testing/turns.ts'
import { shardCount } from '../../protocol/subjects.ts'
import type { ShardLeases } from '../ports/shard-leases.ts'
import { AuctionRoom } from '../testing/running-engine.ts'
import type { Engine } from './engine.ts'

let room: AuctionRoom
let engine: Engine
/** What it said, but for information. */
let said: { msg: string; reason?: string }[]
/** Thrown by every taking of shards. */
let obstacle: Error | undefined

beforeEach(() => {
  room = new AuctionRoom()
  said = []
  obstacle = undefined
  const destination = { write: (line: string) => void said.push(JSON.parse(line)) }
  const log = createLogger({ name: 'test', level: 'warn', destination })
  const leases = (real: ShardLeases): ShardLeases => ({
    ...real,
    acquire: async (...asked) => {
      if (obstacle !== undefined) throw obstacle
      return real.acquire(...asked)
    },
  })
  engine = room.unstarted({ log, leases })
})
afterEach(async () => {
  await engine.stop()
  expect(room.clock.pending, 'no timer is left behind').toBe(0)
})

test('a store that does not answer is waited for, and that is said once', async () => {
  room.lots.leasesFail = true
  const start = engine.start()
  await room.clock.advanceAsync(3_500)
  // Somebody answers, but not every question.
  room.lots.leasesFail = false
  obstacle = Object.assign(new Error(''), { code: 'ECONNREFUSED' })
  await room.clock.advanceAsync(3_500)
  obstacle = undefined
  await room.clock.advanceAsync(1_000)
  await start
  expect(engine.shardsOwned).toBe(shardCount)
  const waits = said.filter(({ msg }) => msg === 'waiting; it is tried again')
  expect(waits.map(({ reason }) => reason)).toEqual([
    'The store does not answer: leases that were made to fail.',
    'The store does not answer: ECONNREFUSED.',
  ])
})

test('whoever is told to end meanwhile waits no more', async () => {
  room.lots.leasesFail = true
  const start = engine.start()
  const ended = expect(start).rejects.toThrow('the engine was told to end before it was at work')
  await room.clock.advanceAsync(1_500)
  engine.giveUp()
  await ended
})

test('an engine that is told to end while its shards are being taken does not begin its work', async () => {
  const held = Promise.withResolvers<undefined>()
  engine = room.unstarted({
    leases: (real) => ({
      ...real,
      acquire: async (...asked) => {
        await held.promise
        return real.acquire(...asked)
      },
    }),
  })
  const start = engine.start()
  const ended = expect(start).rejects.toThrow('the engine was told to end before it was at work')
  await settled()
  await engine.drain(AbortSignal.timeout(60_000))
  held.resolve(undefined)
  await ended
})

test('a fault of the program is not waited for', async () => {
  obstacle = new AssertionError('something that must not be')
  await expect(engine.start()).rejects.toThrow(obstacle)
})
