// A chat store that starts while its database is away: it waits, says so once, and can be told to end.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { chatCommandsSubject } from '../../protocol/subjects.ts'
import { ChatRoom } from '../testing/running-store.ts'
import type { ChatStore } from './chat-store.ts'

let room: ChatRoom
let store: ChatStore
/** Whether the rules can be read. */
let isThere: boolean

beforeEach(() => {
  room = new ChatRoom()
  isThere = false
  store = room.unstarted({
    house: (real) => ({
      ...real,
      rules: async () => {
        if (!isThere) throw new Error('away')
        return real.rules()
      },
    }),
  })
})
afterEach(async () => {
  await store.stop()
  expect(room.clock.pending, 'no timer is left behind').toBe(0)
})

const waits = () => room.logged.filter((line) => line.includes('The store does not answer: away.'))

test('a database that does not answer is waited for, and that is said once', async () => {
  const start = store.start()
  await room.clock.advanceAsync(3_500)
  await expect(room.bus.request(chatCommandsSubject, {}, 1)).rejects.toThrow('nobody serves')
  isThere = true
  await room.clock.advanceAsync(1_000)
  await start
  expect(waits()).toHaveLength(1)
  await room.opened()
})

test('whoever is told to end meanwhile waits no more', async () => {
  const ended = expect(store.start()).rejects.toThrow('told to end before it was at work')
  await room.clock.advanceAsync(1_500)
  store.giveUp()
  await ended
})
