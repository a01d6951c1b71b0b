import { expect, test } from 'vitest'
import { checkRoom, openFilesLimit, type Room } from './room.ts'

const room: Room = { cores: 2, openFilesMax: 20_000, portsPerSource: 28_232 }
const need = { connections: 10_000, processes: 1, sources: 0, gateways: 1, ownServer: false }

test('what has room begins', () => {
  expect(() => checkRoom(need, room)).not.toThrow()
  expect(() => checkRoom({ ...need, connections: 28_232, processes: 2 }, room)).not.toThrow()
})

test.each([
  ['processes', { connections: 15_001 }, room, '1 process of the load test can hold 15000'],
  [
    'file descriptors',
    {},
    { ...room, openFilesMax: 1_024 },
    '1 process of the load test can hold 824',
  ],
  [
    'a server of one process',
    { connections: 19_600, processes: 2, ownServer: true },
    room,
    'can take 19488',
  ],
  [
    'ports',
    { connections: 28_233, processes: 2 },
    room,
    '1 gateway can be reached from 28232 ports',
  ],
  [
    'ports of named addresses',
    { connections: 60_000, processes: 4, sources: 2, gateways: 4 },
    room,
    '2 source addresses have 56464 ports',
  ],
] as const)(
  'where %s are too few, it is said how many devices have room',
  (_, more, here, says) => {
    expect(() => checkRoom({ ...need, ...more }, here)).toThrow(says)
  },
)

test('the hard limit counts, since Node raises the soft one to it', () => {
  expect(
    openFilesLimit('Max open files            1024                 524288               files'),
  ).toBe(524_288)
  expect(
    openFilesLimit('Max open files            1024                 unlimited            files'),
  ).toBe(Number.POSITIVE_INFINITY)
  expect(openFilesLimit('')).toBe(10_240)
})
