// What every keeper of presence must do. Adapters run this in their own test.
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Presence, PresenceEntry } from './presence.ts'

const entry = (client: string, user: string): PresenceEntry => ({ client, user })

/** Runs the suite against presence that `make` makes anew, with nobody there. */
export function describePresence(name: string, make: () => Promise<Presence>): void {
  describe(`${name} keeps presence`, () => {
    test('a channel where nobody is has no one to list', async () => {
      const presence = await make()
      expect(await presence.list('lot:1', 10)).toEqual([])
      expect(await presence.counts('lot:1')).toEqual({ clients: 0, users: 0 })
    })

    test('connections and distinct users are counted apart, per channel', async () => {
      const presence = await make()
      presence.join('lot:1', entry('c1', 'ann'))
      presence.join('lot:1', entry('c2', 'ann'))
      presence.join('lot:1', entry('c3', 'bob'))
      presence.join('lot:2', entry('c1', 'ann'))
      expect(await presence.counts('lot:1')).toEqual({ clients: 3, users: 2 })
      expect(await presence.counts('lot:2')).toEqual({ clients: 1, users: 1 })
    })

    test('the same connection twice counts once, and leaves once', async () => {
      const presence = await make()
      for (let times = 0; times < 2; times += 1) {
        presence.join('lot:1', entry('c1', 'ann'))
        presence.join('lot:1', entry('c2', 'bob'))
      }
      expect(await presence.counts('lot:1')).toEqual({ clients: 2, users: 2 })
      presence.leave('lot:1', 'c1')
      presence.leave('lot:1', 'c1')
      expect(await presence.list('lot:1', 10)).toEqual([entry('c2', 'bob')])
    })

    test('who leaves a channel without being there changes nothing', async () => {
      const presence = await make()
      presence.join('lot:1', entry('c1', 'ann'))
      presence.leave('lot:1', 'c2')
      presence.leave('lot:2', 'c1')
      expect(await presence.counts('lot:1')).toEqual({ clients: 1, users: 1 })
    })

    test('a list has at most as many as asked for', async () => {
      const presence = await make()
      for (let nth = 0; nth < 20; nth += 1) presence.join('lot:1', entry(`c${nth}`, 'ann'))
      expect(await presence.list('lot:1', 5)).toHaveLength(5)
      expect(await presence.list('lot:1', 0)).toEqual([])
      expect(await presence.list('lot:1', 100)).toHaveLength(20)
    })

    test('whatever the order of joins and leaves, exactly those who are there are told', async () => {
      await fc.assert(fc.asyncProperty(fc.array(moves, { maxLength: 60 }), agreesWithAModel(make)))
    })
  })
}

interface Move extends PresenceEntry {
  readonly joins: boolean
  readonly channel: string
}

const moves: fc.Arbitrary<Move> = fc.record({
  joins: fc.boolean(),
  channel: fc.constantFrom('lot:1', 'lot:2'),
  client: fc.constantFrom('c1', 'c2', 'c3', 'c4'),
  user: fc.constantFrom('ann', 'bob'),
})

/** Plays the moves on presence and on a plain map, and compares what they tell. */
function agreesWithAModel(make: () => Promise<Presence>): (played: Move[]) => Promise<void> {
  return async (played) => {
    const presence = await make()
    const model = new Map<string, Map<string, string>>()
    for (const { joins, channel, client, user } of played) {
      const there = model.get(channel) ?? new Map<string, string>()
      model.set(channel, there)
      if (joins) {
        presence.join(channel, entry(client, user))
        there.set(client, user)
      } else {
        presence.leave(channel, client)
        there.delete(client)
      }
    }
    for (const [channel, there] of model) {
      const expected = Array.from(there, ([client, user]) => entry(client, user))
      const listed = await presence.list(channel, 100)
      expect(listed).toHaveLength(expected.length)
      expect(listed).toEqual(expect.arrayContaining(expected))
      expect(await presence.counts(channel)).toEqual({
        clients: there.size,
        users: new Set(there.values()).size,
      })
    }
  }
}
