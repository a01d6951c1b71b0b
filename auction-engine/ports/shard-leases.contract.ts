// What leases promise to engines that share the shards, whatever they are made of.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { shardCount } from '../../protocol/subjects.ts'
import type { ShardLeases, TakenShard } from './shard-leases.ts'

/** Three engines on one store. */
export interface LeaseWorld {
  readonly first: ShardLeases
  readonly second: ShardLeases
  readonly third: ShardLeases
  /** Lets the leases that are held run out. */
  expireLeases(): Promise<void>
  close(): Promise<void>
}

const hourMs = 3_600_000

export function describeShardLeases(name: string, make: () => Promise<LeaseWorld>): void {
  describe(`${name} as leases of shards`, () => {
    let world: LeaseWorld

    beforeEach(async () => {
      world = await make()
    })
    afterEach(() => world.close())

    test('whoever takes no more than its share leaves the others theirs', async () => {
      const { first, second, third } = world
      const taken = await Promise.all(
        [first, second, third].map((leases) => leases.acquire([], { shardsMax: 86 })),
      )
      const late = await first.acquire(
        (taken[0] ?? []).map(({ shard }) => shard),
        { shardsMax: 1 },
      )
      const shards = [...taken.flat(), ...late].map(({ shard }) => shard)
      expect(new Set(shards).size).toBe(shards.length)
      expect(shards.length).toBe(shardCount)
      expect(taken.flat().every(({ from }) => from === 'nobody')).toBe(true)
    })

    test('a shard is told whose it was before', async () => {
      const { first, second } = world
      const [one, two] = inOrder(await first.acquire([], { shardsMax: 2 }))
      if (one === undefined || two === undefined) throw new Error('nothing was free')
      await first.release([one])
      const [again, whole] = inOrder(await first.acquire([], { shardsMax: 2 }))
      expect(again).toMatchObject({ shard: one.shard, from: 'given_up', epoch: one.epoch + 1 })
      expect(whole).toMatchObject({ shard: two.shard, from: 'itself', epoch: two.epoch + 1 })
      await world.expireLeases()
      const [lapsed] = await second.acquire([], { shardsMax: 1 })
      expect(lapsed).toMatchObject({ shard: one.shard, from: 'lapsed', epoch: one.epoch + 2 })
    })

    test('an absence counts from when somebody last decided, not from when somebody held the lease', async () => {
      const { first, second } = world
      const [lease] = await first.acquire([], { shardsMax: 1 })
      if (lease === undefined) throw new Error('nothing was free')
      expect(lease.awayMs).toBeUndefined()
      // Two of them took it and died before they were at work.
      await first.renew([lease], [lease.shard])
      await first.release([lease])
      const [held] = await second.acquire([], { shardsMax: 1 })
      if (held === undefined) throw new Error('nothing was free')
      expect(held.awayMs).toBeUndefined()
      await second.renew([held])
      await second.release([held], hourMs)
      const [third] = await first.acquire([], { shardsMax: 1 })
      expect(third?.awayMs).toBeGreaterThanOrEqual(hourMs)
      expect(third?.awayMs).toBeLessThan(2 * hourMs)
      if (third === undefined) throw new Error('nothing was free')
      await first.renew([third], [third.shard])
      await world.expireLeases()
      const [fourth] = await second.acquire([], { shardsMax: 1 })
      expect(fourth?.awayMs).toBeGreaterThanOrEqual(hourMs)
    })

    test('what became free just now is left to those whose share it is', async () => {
      const { first, second } = world
      const taken = await first.acquire([])
      await first.release(taken)
      expect(await second.acquire([], { freeForMs: hourMs })).toEqual([])
      expect(await second.acquire([], { freeForMs: 0 })).toHaveLength(shardCount)
      // Its own need not lie free.
      expect(await second.acquire([], { freeForMs: hourMs })).toHaveLength(shardCount)
    })

    test('engines know how many they are, and who is not heard of does not count', async () => {
      const { first, second, third } = world
      expect(await first.attend(hourMs)).toBe(1)
      expect(await second.attend(hourMs)).toBe(2)
      expect(await second.attend(hourMs)).toBe(2)
      expect(await third.attend(-1)).toBe(3)
      expect(await first.attend(hourMs)).toBe(2)
      expect(await second.leave()).toBe(1)
      expect(await second.leave()).toBe(1)
      expect(await first.leave()).toBe(0)
    })
  })
}

function inOrder(taken: readonly TakenShard[]): readonly TakenShard[] {
  return taken.toSorted((one, other) => one.shard - other.shard)
}
