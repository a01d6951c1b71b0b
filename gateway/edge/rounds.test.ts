import { beforeEach, expect, test } from 'vitest'
import { Rounds } from './rounds.ts'

const startMs = 1_000_000_500

/** Who was looked at, by each sweep. */
let seen: string[]
let dues: Map<string, number>
let rounds: Rounds<string>

beforeEach(() => {
  seen = []
  dues = new Map()
  rounds = new Rounds(startMs)
})

function enter(name: string, dueMs: number): void {
  dues.set(name, dueMs)
  rounds.enter(name, dueMs)
}

/** Each socket that is looked at is due again when `dues` says; one that is not there is gone. */
function sweepAt(afterMs: number): string[] {
  seen = []
  rounds.sweep(startMs + afterMs, (name) => {
    seen.push(name)
    return dues.get(name) ?? Infinity
  })
  return seen
}

test('a socket is looked at when it is due, not before, and no later than a sweep after', () => {
  enter('soon', startMs + 2_000)
  enter('late', startMs + 30_000)
  expect(sweepAt(1_000)).toEqual([])
  expect(sweepAt(1_999)).toEqual([])
  dues.set('soon', startMs + 60_000)
  expect(sweepAt(3_000)).toEqual(['soon'])
  expect(sweepAt(29_000)).toEqual([])
  dues.delete('late')
  expect(sweepAt(31_000)).toEqual(['late'])
  expect(sweepAt(61_000)).toEqual(['soon'])
})

test('one that is due already is looked at by the next sweep, and by one sweep once', () => {
  enter('overdue', startMs - 5_000)
  expect(sweepAt(1_000)).toEqual(['overdue'])
  // Still due: not again and again within one sweep.
  expect(sweepAt(1_100)).toEqual([])
  expect(sweepAt(2_000)).toEqual(['overdue'])
})

test('whoever was due while no sweep came is looked at by the next one', () => {
  for (let second = 1; second <= 100; second += 1) {
    enter(`socket ${second}`, startMs + second * 1_000)
  }
  expect(sweepAt(3_600_000)).toHaveLength(100)
})

test('a socket that is gone is not looked at again', () => {
  enter('gone', startMs + 1_000)
  dues.delete('gone')
  expect(sweepAt(2_000)).toEqual(['gone'])
  for (let second = 3; second < 100; second += 1) expect(sweepAt(second * 1_000)).toEqual([])
})

test('an attended socket is looked at by every sweep, and when it is due besides, until it rests', () => {
  enter('lagging', startMs + 3_000)
  rounds.attend('lagging')
  rounds.attend('lagging')
  expect(sweepAt(1_000)).toEqual(['lagging'])
  expect(sweepAt(2_000)).toEqual(['lagging'])
  dues.set('lagging', startMs + 9_000)
  expect(sweepAt(4_000)).toEqual(['lagging', 'lagging'])
  rounds.rest('lagging')
  expect(sweepAt(5_000)).toEqual([])
  expect(sweepAt(10_000)).toEqual(['lagging'])
})

test('10,000 sockets that are pinged every 25 s are each looked at twice in 50 s', () => {
  const looks = new Map<number, number>()
  const many = new Rounds<number>(startMs)
  for (let socket = 0; socket < 10_000; socket += 1) {
    many.enter(socket, startMs + 12_500 + socket * 1.25)
  }
  for (let afterMs = 1_000; afterMs <= 62_000; afterMs += 1_000) {
    let looked = 0
    many.sweep(startMs + afterMs, (socket) => {
      looked += 1
      looks.set(socket, (looks.get(socket) ?? 0) + 1)
      return startMs + afterMs + 25_000
    })
    expect(looked).toBeLessThanOrEqual(1_000)
  }
  expect(looks.size).toBe(10_000)
  expect([...looks.values()].every((count) => count === 2)).toBe(true)
})
